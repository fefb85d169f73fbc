//! Kinds of items by name, as the catalog's files write them.

use marquee_core::ItemKind;

/// Each kind with its name.
pub(crate) const NAMES: [(&str, ItemKind); 9] = [
    ("other", ItemKind::Other),
    ("movie", ItemKind::Movie),
    ("series", ItemKind::Series),
    ("episode", ItemKind::Episode),
    ("clip", ItemKind::Clip),
    ("post", ItemKind::Post),
    ("music", ItemKind::Music),
    ("book", ItemKind::Book),
    ("product", ItemKind::Product),
];

/// The kind called `name`.
pub(crate) fn from_name(name: &str) -> Option<ItemKind> {
    let known = NAMES.iter().find(|(known, _)| *known == name);
    known.map(|&(_, kind)| kind)
}

/// What `kind` is called.
pub(crate) fn name(kind: ItemKind) -> &'static str {
    let known = NAMES.iter().find(|(_, known)| *known == kind);
    known.map_or("other", |&(name, _)| name)
}

/// The kind as one bit of sixteen.
pub(crate) fn bit(kind: ItemKind) -> u16 {
    let place = NAMES.iter().position(|(_, known)| *known == kind);
    1 << place.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new kind must get a name here, which the compiler reminds of.
    fn all() -> Vec<ItemKind> {
        let mut kinds = vec![ItemKind::Other];
        while let Some(next) = match kinds[kinds.len() - 1] {
            ItemKind::Other => Some(ItemKind::Movie),
            ItemKind::Movie => Some(ItemKind::Series),
            ItemKind::Series => Some(ItemKind::Episode),
            ItemKind::Episode => Some(ItemKind::Clip),
            ItemKind::Clip => Some(ItemKind::Post),
            ItemKind::Post => Some(ItemKind::Music),
            ItemKind::Music => Some(ItemKind::Book),
            ItemKind::Book => Some(ItemKind::Product),
            ItemKind::Product => None,
        } {
            kinds.push(next);
        }
        kinds
    }

    #[test]
    fn every_kind_has_a_name_and_a_bit_of_its_own() {
        let mut bits = 0;
        for kind in all() {
            assert_eq!(from_name(name(kind)), Some(kind));
            assert_eq!(bits & bit(kind), 0);
            bits |= bit(kind);
        }
    }
}
