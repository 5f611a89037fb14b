//! Identifiers of tool calls. Google mostly gives none and ties a result to its call by the tool's name; every
//! other format needs one. What is made up here depends on what was received and on nothing else.

/// What stands in a call's identifier before its seal: clients that only hand identifiers back keep the seal so.
const SEAL_MARK: &str = "__thought__";

/// Names the calls of a conversation or of one answer.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// The answer whose calls are named; a conversation where there is none.
    answer: Option<String>,
    /// The name and identifier of every call so far, and whether its result came.
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    name: String,
    id: String,
    answered: bool,
}

impl Ids {
    /// Of an answer: identifiers are unlike those of any other answer.
    pub(super) fn of_answer(id: &str, choice: u32) -> Self {
        Self { answer: Some(format!("{id}/{choice}")), calls: Vec::new() }
    }

    /// The identifier of the next call: the given one, or one made up. In an answer it holds the call's seal.
    pub(super) fn call(
        &mut self,
        given: Option<String>,
        name: &str,
        input: &str,
        seal: Option<&str>,
    ) -> String {
        let id = given.unwrap_or_else(|| self.made_up(name, input));
        let id = if self.answer.is_some() { sealed(id, seal) } else { id };
        self.calls.push(Call { name: name.to_owned(), id: id.clone(), answered: false });
        id
    }

    fn made_up(&self, name: &str, input: &str) -> String {
        if let Some(answer) = &self.answer {
            let place = self.calls.len();
            return format!("call_{:.28}", digest(&format!("{answer}/{place}/{name}/{input}")));
        }
        match self.calls.iter().filter(|call| call.name == name).count() {
            0 => format!("call_{name}"),
            earlier => format!("call_{name}_{}", earlier + 1),
        }
    }

    /// The identifier of the call that a result answers: the given one, else the first of its name that waits.
    pub(super) fn answered(&mut self, given: Option<String>, name: &str) -> Answered {
        let asked = |call: &&mut Call| match &given {
            Some(id) => call.id == *id,
            None => call.name == name && !call.answered,
        };
        match self.calls.iter_mut().find(asked) {
            Some(call) => {
                call.answered = true;
                Answered { id: call.id.clone(), known: true }
            }
            None => Answered { id: given.unwrap_or_else(|| format!("call_{name}")), known: false },
        }
    }
}

/// The call that a result answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) id: String,
    /// Whether the call stands earlier in the conversation.
    pub(super) known: bool,
}

/// An identifier with the seal of its call.
fn sealed(id: String, seal: Option<&str>) -> String {
    match seal {
        Some(seal) => format!("{id}{SEAL_MARK}{seal}"),
        None => id,
    }
}

/// An identifier and the seal that it holds.
pub(super) fn unsealed(id: &str) -> (&str, Option<&str>) {
    id.split_once(SEAL_MARK).map_or((id, None), |(id, seal)| (id, Some(seal)))
}

/// 32 hexadecimal digits that differ where the texts differ (FNV-1a twice): names only, no secret.
fn digest(text: &str) -> String {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    const OFFSETS: [u64; 2] = [0xcbf2_9ce4_8422_2325, 0x8422_2325_cbf2_9ce4];
    let hash =
        |offset: u64| text.bytes().fold(offset, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    let [a, b] = OFFSETS.map(hash);
    format!("{a:016x}{b:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_find_the_first_waiting_call_of_their_name() {
        let mut ids = Ids::default();
        assert_eq!(ids.call(None, "a", "{}", Some("c2ln")), "call_a");
        assert_eq!(ids.call(None, "a", "{}", None), "call_a_2");
        assert_eq!(ids.call(Some("given".into()), "b", "{}", None), "given");
        let mut answered = |given: Option<&str>, name: &str| {
            let Answered { id, known } = ids.answered(given.map(Into::into), name);
            format!("{id} {known}")
        };
        assert_eq!(answered(None, "a"), "call_a true");
        assert_eq!(answered(None, "a"), "call_a_2 true");
        assert_eq!(answered(Some("given"), "b"), "given true");
        assert_eq!(answered(None, "nobody"), "call_nobody false");
    }

    #[test]
    fn an_answer_names_its_calls_the_same_each_time_it_is_read_and_unlike_another() {
        let first = |answer: &str| Ids::of_answer(answer, 0).call(None, "a", "{}", None);
        assert_eq!(first("r1"), first("r1"));
        assert_ne!(first("r1"), first("r2"));
        assert_eq!(first("r1").len(), "call_".len() + 28);
        let mut ids = Ids::of_answer("r1", 0);
        assert_ne!(ids.call(None, "a", "{}", None), ids.call(None, "a", "{}", None));
    }

    #[test]
    fn a_seal_travels_in_an_identifier() {
        let sealed = Ids::of_answer("r1", 0).call(Some("call_1".into()), "a", "{}", Some("c2ln"));
        assert_eq!(sealed, "call_1__thought__c2ln");
        assert_eq!(unsealed("call_1__thought__c2ln"), ("call_1", Some("c2ln")));
        assert_eq!(unsealed("call_1"), ("call_1", None));
    }
}
