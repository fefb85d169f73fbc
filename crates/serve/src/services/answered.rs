//! Answers that were given under an id of the caller's choice, so that asking again changes nothing.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use marquee_proto::v1::{RecommendRequest, RecommendResponse};
use prost::Message;
use sha2::{Digest, Sha256};

/// Most bytes of answers that are remembered.
const MOST_BYTES: usize = 16 << 20;

/// Stands for a request: its digest.
pub(super) type Key = [u8; 32];

/// The latest answers to requests with an id.
#[derive(Debug, Default)]
pub(super) struct Answered(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    answers: HashMap<Key, RecommendResponse>,
    /// Oldest first, with the size of each.
    order: VecDeque<(Key, usize)>,
    bytes: usize,
}

impl Answered {
    /// What stands for `request` with all its fields.
    pub(super) fn key(request: &RecommendRequest) -> Key {
        Sha256::digest(request.encode_to_vec()).into()
    }

    /// The answer that was given to this request.
    pub(super) fn get(&self, key: &Key) -> Option<RecommendResponse> {
        self.lock().answers.get(key).cloned()
    }

    /// Remembers an answer and gives it back; when two calls with one id ran side by side, the
    /// answer that was there first.
    pub(super) fn keep(&self, key: Key, answer: RecommendResponse) -> RecommendResponse {
        let mut memory = self.lock();
        if let Some(first) = memory.answers.get(&key) {
            return first.clone();
        }
        let size = answer.encoded_len() + size_of::<Key>();
        memory.answers.insert(key, answer.clone());
        memory.order.push_back((key, size));
        memory.bytes += size;
        while memory.bytes > MOST_BYTES {
            let Some((oldest, size)) = memory.order.pop_front() else {
                break;
            };
            memory.answers.remove(&oldest);
            memory.bytes -= size;
        }
        answer
    }

    /// The memory is whole between any two calls, so a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: &str, k: u32) -> RecommendRequest {
        RecommendRequest {
            request_id: id.to_owned(),
            k,
            ..RecommendRequest::default()
        }
    }

    fn answer(token: String) -> RecommendResponse {
        RecommendResponse {
            next_page_token: token,
            ..RecommendResponse::default()
        }
    }

    #[test]
    fn the_first_answer_stays() {
        let answered = Answered::default();
        let key = Answered::key(&request("a", 5));
        answered.keep(key, answer("first".to_owned()));
        let kept = answered.keep(key, answer("second".to_owned()));
        assert_eq!(kept.next_page_token, "first");
        assert_eq!(answered.get(&Answered::key(&request("a", 6))), None);
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let answered = Answered::default();
        let key = |number: u32| Answered::key(&request("a", number));
        for number in 0..20 {
            answered.keep(key(number), answer("x".repeat(MOST_BYTES / 10)));
        }
        assert_eq!(answered.get(&key(0)), None);
        assert!(answered.get(&key(19)).is_some());
        assert!(answered.lock().bytes <= MOST_BYTES);
    }
}
