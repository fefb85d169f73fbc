//! The words that titles, descriptions, tags and comments are made of.

/// A genre and its words.
#[derive(Debug)]
pub(super) struct Genre {
    /// Name, as it stands in item records.
    pub(super) name: &'static str,
    /// Youngest age its items are meant for, in years; 0 for everybody.
    pub(super) minimum_age: u8,
    /// How such items are.
    pub(super) adjectives: [&'static str; 6],
    /// What they are about.
    pub(super) nouns: [&'static str; 10],
    /// Tags.
    pub(super) tags: [&'static str; 5],
}

macro_rules! genres {
    ($($name:literal, $age:literal: $adjectives:literal; $nouns:literal; $tags:literal)*) => {
        [$(Genre {
            name: $name,
            minimum_age: $age,
            adjectives: split($adjectives),
            nouns: split($nouns),
            tags: split($tags),
        }),*]
    };
}

/// Every genre; its position is its number.
pub(super) static GENRES: [Genre; 16] = genres! {
    "action", 12: "explosive daring relentless armed fearless sudden";
        "chase heist convoy ambush commando bridge getaway rescue bounty siege"; "stunts car-chase fight-scenes revenge mercenaries"
    "comedy", 0: "hilarious awkward clumsy cheerful absurd witty";
        "roommate wedding prank mixup neighbor reunion landlord babysitter detour barbecue"; "slapstick satire feel-good parody standup"
    "drama", 12: "quiet broken tender unspoken bitter honest";
        "daughter letter inheritance trial farewell marriage promise winter regret homecoming"; "character-study family-secrets courtroom grief slow-burn"
    "horror", 16: "haunted bloody sleepless cursed rotting faceless";
        "cellar asylum doll scream grave ritual possession attic nightmare swarm"; "jump-scares slasher supernatural gore found-footage"
    "romance", 6: "longing secret moonlit reckless first fated";
        "kiss bouquet ballroom sweetheart proposal vineyard serenade crush valentine elopement"; "meet-cute love-triangle second-chance wedding-day tearjerker"
    "science", 6: "orbital quantum stellar synthetic infinite lunar";
        "android starship colony wormhole satellite galaxy reactor clone airlock simulation"; "space-travel artificial-intelligence time-loop dystopia first-contact"
    "fantasy", 6: "enchanted ancient winged silver forgotten rune-carved";
        "dragon wizard kingdom prophecy sword elf throne spell castle oracle"; "magic quest epic mythical-beasts chosen-one"
    "crime", 16: "crooked unsolved ruthless smoky corrupt wanted";
        "detective alibi informant ransom forger smuggler verdict gangster evidence fingerprint"; "whodunit noir undercover mafia cold-case"
    "documentary", 0: "untold factual rare archival remote vanishing";
        "glacier archive interview expedition reef factory testimony migration volcano census"; "history investigative biography true-story society"
    "nature", 0: "wild blooming arctic tropical patient misty";
        "otter rainforest savanna whale meadow falcon coral wolf canyon pollen"; "wildlife landscapes conservation oceans birds"
    "cooking", 0: "crispy buttery spicy roasted homemade smoked";
        "noodle sourdough kitchen recipe market chef dumpling curry oven dessert"; "street-food baking quick-meals vegetarian restaurants"
    "sports", 0: "unbeaten sweaty offside legendary underrated rival";
        "goalkeeper marathon stadium penalty playoff sprinter tournament coach climber podium"; "football highlights underdog training extreme-sports"
    "music", 0: "acoustic electric soulful live melodic distorted";
        "chorus guitar drummer remix encore vinyl melody bassline orchestra rehearsal"; "concert cover-version dance jazz songwriter"
    "gaming", 0: "pixelated speedy modded cooperative glitchy retro";
        "speedrun dungeon console boss-fight arcade quest-log respawn leaderboard joystick loot"; "walkthrough esports indie-games multiplayer lets-play"
    "kids", 0: "giggly fluffy sleepy colorful tiny friendly";
        "puppy rainbow balloon playground teddy bunny crayon lullaby treehouse unicorn"; "singalong bedtime learning puppets cartoons"
    "anime", 6: "spirited crimson celestial masked stubborn thousandfold";
        "samurai academy mecha shrine ninja festival yokai katana rivalry rooftop"; "shonen slice-of-life giant-robots isekai studio-classic"
};

/// Splits at spaces into exactly `N` words.
const fn split<const N: usize>(text: &'static str) -> [&'static str; N] {
    let bytes = text.as_bytes();
    let mut words = [""; N];
    let (mut word, mut start, mut at) = (0, 0, 0);
    while at <= bytes.len() {
        if at == bytes.len() || bytes[at] == b' ' {
            let (_, tail) = text.split_at(start);
            words[word] = tail.split_at(at - start).0;
            word += 1;
            start = at + 1;
        }
        at += 1;
    }
    assert!(word == N, "a word list has a fixed number of words");
    words
}

/// Countries of viewers and creators, with the language spoken there.
pub(super) static COUNTRIES: [(&str, &str); 10] = [
    ("US", "en"),
    ("BR", "pt-BR"),
    ("IN", "hi"),
    ("DE", "de"),
    ("JP", "ja"),
    ("MX", "es"),
    ("FR", "fr"),
    ("NG", "en"),
    ("KR", "ko"),
    ("TR", "tr"),
];

/// Genders, as the app names them.
pub(super) static GENDERS: [&str; 3] = ["female", "male", "nonbinary"];

/// Occupations.
pub(super) static OCCUPATIONS: [&str; 8] = [
    "student", "nurse", "engineer", "teacher", "driver", "artist", "retired", "clerk",
];

/// Devices.
pub(super) static DEVICES: [&str; 4] = ["tv", "phone", "web", "tablet"];

/// First parts of the names of creators.
pub(super) static STUDIO_FIRST: [&str; 12] = [
    "Amber", "North", "Paper", "Velvet", "Iron", "Coral", "Maple", "Cobalt", "Lantern", "Echo",
    "Juniper", "Harbor",
];

/// Second parts of the names of creators.
pub(super) static STUDIO_SECOND: [&str; 8] = [
    "Pictures",
    "House",
    "Channel",
    "Works",
    "Films",
    "Collective",
    "Media",
    "Garden",
];

/// What people write when they liked it; `{}` is a word of the genre.
pub(super) static PRAISE: [&str; 10] = [
    "loved every minute, the {} part was brilliant",
    "what a wonderful {}, watching it again tonight",
    "so good! best {} I have seen this year",
    "beautiful and clever, the {} made my day",
    "great pacing, and the {} scene is perfect",
    "this is amazing, please make more about the {}",
    "five stars, superb {}",
    "really enjoyed this, such a charming {}",
    "fantastic, I told all my friends about the {}",
    "excellent work, the {} was a delight",
];

/// What people write when they did not.
pub(super) static COMPLAINTS: [&str; 10] = [
    "boring, I gave up before the {}",
    "terrible, the {} made no sense at all",
    "what a waste of time, awful {}",
    "so dull and slow, the {} put me to sleep",
    "disappointing, I expected a better {}",
    "bad acting and a stupid {}",
    "I hated this, worst {} ever",
    "annoying and far too long, skip the {}",
    "poor sound, ugly picture, weak {}",
    "not worth it, the {} was a mess",
];

/// What people write otherwise.
pub(super) static REMARKS: [&str; 6] = [
    "where was the {} filmed?",
    "is there a second part with the {}?",
    "watched this on the train, the {} comes at the end",
    "my brother told me about the {}",
    "what is the name of the {}?",
    "the {} appears around the middle",
];
