//! Erasing a person from what was imported.

use std::collections::HashSet;

use marquee_core::{Actor, Creator, Item, User, UserId};

use super::{Staged, writer::Writer};
use crate::{
    DataFolder, Result,
    catalog::CatalogSegment,
    export::EventReader,
    folder::Lock,
    manifest::{Counts, Import},
    row::Sink,
    segment::{IdTable, Segment},
};

/// What was erased from imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ErasedImports {
    /// Events of the person.
    pub events: u64,
    /// Records of the person.
    pub records: u64,
    /// Imports that were written anew.
    pub imports: u64,
}

impl DataFolder {
    /// Erases everything that `actors` did, and the records of the users among them: afterwards no file
    /// of an import holds their ids or events. Everything else stays as it was. The files that were read
    /// lie elsewhere and are not touched; importing one of them again does nothing.
    ///
    /// What others wrote into free text stays, as do ids of creators, which are other names.
    ///
    /// Cost: a look into the ids and user records of each import, and writing those anew that hold
    /// something. Memory: one segment of events.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`](crate::Error::Locked) while an import runs; what reading and writing say.
    /// The folder is then as it was.
    pub fn erase(&mut self, actors: &[Actor]) -> Result<ErasedImports> {
        if !self.dir().is_dir() {
            return Ok(ErasedImports::default());
        }
        let mut staged = Staged::in_folder(self.dir())?;
        let _lock = Lock::take(self.dir())?;
        self.reload()?;
        let mut manifest = self.manifest().clone();
        let mut erased = ErasedImports::default();
        let actors: HashSet<&Actor> = actors.iter().collect();
        for import in &mut manifest.imports {
            if !self.holds(import, &actors)? {
                continue;
            }
            let before = import.counts.clone();
            self.write_without(import, &actors, &mut staged)?;
            erased.events += before.events - import.counts.events;
            erased.records += before.users - import.counts.users;
            erased.imports += 1;
        }
        if erased.imports == 0 {
            return Ok(erased);
        }
        staged.commit()?;
        self.publish(manifest)?;
        staged.keep();
        self.remove_leftovers()?;
        Ok(erased)
    }

    fn holds(&self, import: &Import, actors: &HashSet<&Actor>) -> Result<bool> {
        if import.ids.is_some() {
            let table = IdTable::open(self.dir(), import)?;
            let ids = table.view()?;
            let mut ours = actors.iter().map(|actor| match actor {
                Actor::User(id) => (ids.users, id.as_str()),
                Actor::Session(id) => (ids.sessions, id.as_str()),
            });
            if ours.any(|(table, id)| table.iter().any(|other| other == id)) {
                return Ok(true);
            }
        }
        let mut found = false;
        for file in &import.catalog {
            let segment = CatalogSegment::open(&self.dir().join(file))?;
            segment.each("users", |user: User| found |= is_of(&user.id, actors))?;
        }
        Ok(found)
    }

    /// Writes the files of `import` anew, under other names, and says so in it.
    fn write_without(
        &self,
        import: &mut Import,
        actors: &HashSet<&Actor>,
        staged: &mut Staged,
    ) -> Result<()> {
        let prefix = self.free_prefix(import.number);
        let no_progress = &mut |_: super::Progress<'_>| {};
        let mut writer = Writer::anew(staged, prefix, no_progress);
        if import.ids.is_some() {
            let table = IdTable::open(self.dir(), import)?;
            let ids = table.view()?;
            for segment in &import.segments {
                let segment = Segment::open(&self.dir().join(&segment.file))?;
                let mut reader = EventReader::new(&segment, ids)?;
                for row in 0..reader.len() {
                    reader.row(row, &mut |actor, event| match actors.contains(actor) {
                        true => Ok(()),
                        false => writer.event(event),
                    })?;
                }
            }
        }
        for file in &import.catalog {
            let segment = CatalogSegment::open(&self.dir().join(file))?;
            let (mut items, mut users, mut creators) = (Vec::new(), Vec::new(), Vec::new());
            segment.each("items", |item: Item| items.push(item))?;
            segment.each("users", |user: User| users.push(user))?;
            segment.each("creators", |creator: Creator| creators.push(creator))?;
            items.into_iter().try_for_each(|item| writer.item(item))?;
            let users = users.into_iter().filter(|user| !is_of(&user.id, actors));
            users.into_iter().try_for_each(|user| writer.user(user))?;
            creators
                .into_iter()
                .try_for_each(|one| writer.creator(one))?;
        }
        let written = writer.finish()?;
        import.ids = written.ids;
        import.segments = written.segments;
        import.catalog = written.catalog;
        import.counts = Counts {
            repeated: import.counts.repeated,
            rejected: std::mem::take(&mut import.counts.rejected),
            ..written.counts
        };
        Ok(())
    }

    /// What names of new files of an import may begin with.
    fn free_prefix(&self, import: u32) -> String {
        let taken: HashSet<_> = self.manifest().files().collect();
        let is_free = |prefix: &String| {
            let mut names = taken.iter().filter_map(|path| path.file_name()?.to_str());
            !names.any(|name| name.starts_with(&format!("{prefix}-")))
        };
        let mut prefixes = (1_u32..).map(|revision| format!("{import:06}r{revision}"));
        prefixes.find(is_free).unwrap_or_default()
    }
}

fn is_of(user: &UserId, actors: &HashSet<&Actor>) -> bool {
    actors.contains(&Actor::User(user.clone()))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use marquee_core::SessionId;

    use super::*;
    use crate::{ImportRequest, RecordKind, Selection};

    const EVENTS: &str = r#"{"id":"e1","actor":{"user":"the-person"},"time":1000,"action":{"kind":"play","item":"a","watched":5.0},"device":"tv"}
{"id":"e2","actor":{"user":"bob"},"time":1001,"action":{"kind":"comment","item":"b","text":"fine"}}
{"id":"e3","actor":{"session":"their-visit"},"time":1002,"action":{"kind":"like","item":"c"}}
{"id":"e4","actor":{"user":"bob"},"time":1003,"action":{"kind":"like","item":"a"}}
{"id":"e5","actor":{"user":"bob"},"time":1004,"action":{"kind":"retract","event":"e4"}}
"#;
    const USERS: &str = "{\"id\":\"the-person\",\"country\":\"at\"}\n{\"id\":\"bob\"}\n";

    fn import(data: &mut DataFolder, path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        data.import(&ImportRequest::new(path), &mut |_| {}).unwrap();
    }

    fn holds(dir: &Path, text: &str) -> bool {
        fs::read_dir(dir).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                return holds(&path, text);
            }
            let bytes = fs::read(&path).unwrap();
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        })
    }

    fn lines(data: &DataFolder, kind: RecordKind) -> Vec<String> {
        let mut text = Vec::new();
        data.export(kind, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn no_file_holds_an_erased_person_and_everything_else_is_as_it_was() {
        let tmp = tempfile::tempdir().unwrap();
        let mut data = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
        import(&mut data, &tmp.path().join("events.jsonl"), EVENTS);
        import(&mut data, &tmp.path().join("users.jsonl"), USERS);
        import(
            &mut data,
            &tmp.path().join("more.csv"),
            "user,item,rating\ncarl,a,4\n",
        );
        let events = lines(&data, RecordKind::Events);
        let person = [
            Actor::User(UserId::new("the-person").unwrap()),
            Actor::Session(SessionId::new("their-visit").unwrap()),
        ];
        let erased = data.erase(&person).unwrap();
        let want = ErasedImports {
            events: 2,
            records: 1,
            imports: 2,
        };
        assert_eq!(erased, want);
        for text in ["the-person", "their-visit", "e1", "\"at\""] {
            assert!(!holds(data.dir(), text), "{text}");
        }
        let mut left = events;
        left.retain(|line| !line.contains("their-visit") && !line.contains("the-person"));
        assert_eq!(lines(&data, RecordKind::Events), left);
        assert_eq!(lines(&data, RecordKind::Users).len(), 1);
        // Nothing is left to erase, the same file is still known, and training reads what is left.
        assert_eq!(data.erase(&person).unwrap(), ErasedImports::default());
        let again = ImportRequest::new(tmp.path().join("events.jsonl"));
        assert_eq!(data.import(&again, &mut |_| {}).unwrap().counts.events, 0);
        let loaded = data.load_interactions(&Selection::default()).unwrap();
        let users: Vec<&str> = loaded.users.ids().collect();
        assert_eq!(users, ["bob", "carl"]);
        let opened = DataFolder::open(data.dir().to_owned()).unwrap();
        assert_eq!(opened.manifest(), data.manifest());
    }

    #[test]
    fn a_second_person_is_erased_from_what_was_written_anew() {
        let tmp = tempfile::tempdir().unwrap();
        let mut data = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
        import(&mut data, &tmp.path().join("events.jsonl"), EVENTS);
        for (user, events) in [("the-person", 1), ("bob", 3)] {
            let actor = Actor::User(UserId::new(user).unwrap());
            assert_eq!(data.erase(&[actor]).unwrap().events, events);
            assert!(!holds(data.dir(), user), "{user}");
        }
        let visit = Actor::Session(SessionId::new("their-visit").unwrap());
        assert_eq!(data.erase(&[visit]).unwrap().events, 1);
        assert_eq!(lines(&data, RecordKind::Events), Vec::<String>::new());
        assert_eq!(data.manifest().files().count(), 0);
    }
}
