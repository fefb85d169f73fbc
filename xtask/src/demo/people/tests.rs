use super::*;

fn title(name: &str, genres: &[&str]) -> Title {
    Title {
        name: name.to_owned(),
        genres: genres.iter().map(|&genre| genre.to_owned()).collect(),
    }
}

/// Two people who like only one genre each, and one who likes both; 24 titles a genre.
fn people() -> People {
    let ids = |prefix: &str| (0..24).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
    let mut titles = BTreeMap::new();
    for (prefix, genre) in [("h", "Horror"), ("c", "Comedy")] {
        for id in ids(prefix) {
            titles.insert(id.clone(), title(&format!("{genre} {id}"), &[genre]));
        }
    }
    let viewer = |id: &str, likes: Vec<String>| Viewer {
        id: id.to_owned(),
        likes,
    };
    let both = ids("h").into_iter().chain(ids("c")).collect();
    People {
        titles,
        viewers: vec![
            viewer("both", both),
            viewer("fright", ids("h")),
            viewer("fun", ids("c")),
        ],
        n_events: 96,
    }
}

#[test]
fn pair_with_opposite_tastes_is_found() {
    let people = people();
    let pair = people.contrasting_pair().unwrap();
    assert_eq!(pair.map(|viewer| viewer.id.as_str()), ["fright", "fun"]);
}

#[test]
fn description_compares_with_everybody() {
    let people = people();
    let text = people.describe(&people.viewers[1]);
    assert!(text.contains("Viewer fright liked 24 titles"), "{text}");
    assert!(text.contains("Horror 100 % (everybody: 50 %)"), "{text}");
    assert!(text.contains("Horror h23"), "{text}");
}

#[test]
fn recbole_and_published_files_say_the_same() {
    let inter =
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n7\t1\t4\t9\n7\t2\t3\t8\n";
    let item = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n\
                1\tToy Story\t1995\tAnimation Comedy\n2\tHeat\t1995\tCrime\n";
    let recbole = layout::recbole(inter, item).unwrap();

    let flags = |on: [usize; 2]| {
        let flags = (0..19).map(|at| if on.contains(&at) { "1" } else { "0" });
        flags.collect::<Vec<_>>().join("|")
    };
    let item = format!(
        "1|Toy Story (1995)|01-Jan-1995||http://x|{}\n2|Heat (1995)|01-Jan-1995||http://x|{}\n",
        flags([3, 5]),
        flags([6, 6])
    );
    let published = layout::movielens_100k("7\t1\t4\t9\n7\t2\t3\t8\n", &item).unwrap();

    assert_eq!(recbole.titles, published.titles);
    assert_eq!(
        recbole.titles["1"],
        title("Toy Story (1995)", &["Animation", "Comedy"])
    );
    assert_eq!(recbole.likes, published.likes);
    assert_eq!((recbole.likes.len(), recbole.n_events), (1, 2));
}

#[test]
fn world_counts_thumbs_up_as_likes_and_plays_as_nothing() {
    let event =
        |action: &str| format!("{{\"actor\":{{\"user\":\"v\"}},\"time\":1,\"action\":{action}}}\n");
    let events = event(r#"{"kind":"play","item":"a","watched":3}"#)
        + &event(r#"{"kind":"thumb","item":"b","direction":"up"}"#)
        + &event(r#"{"kind":"thumb","item":"c","direction":"down"}"#);
    let items = "{\"id\":\"b\",\"title\":\"B\",\"genres\":[\"kids\"]}\n";
    let raw = layout::world(&events, items).unwrap();
    assert_eq!(raw.n_events, 3);
    let liked: Vec<&str> = raw.likes.iter().map(|like| like.item.as_str()).collect();
    assert_eq!(liked, ["b"]);
    assert_eq!(raw.titles["b"], title("B", &["kids"]));
}

#[test]
fn line_of_another_form_is_an_error() {
    assert!(layout::movielens_100k("1 2 3", "").is_err());
    assert!(layout::movielens_100k("", "1|Heat").is_err());
    assert!(layout::recbole("user_id:token\n1\n", "").is_err());
}
