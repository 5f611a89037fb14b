//! What the tools cost that a provider ran while it answered: searches, maps, files, code, computers.

use ferrolite_types::{Price, json::Value, money::Overflow};

use super::{
    entry::price,
    sheet::Sheet,
    sum::Sum,
    terms::{Search, Terms},
};

/// What was used beside the searches that [`ferrolite_types::Usage`] counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToolUse {
    /// How much of the web the caller wanted a search to read (`search_context_size`).
    pub search_context: SearchContext,
    /// Queries to Google Maps.
    pub maps: u64,
    /// Pages that a browser tool opened.
    pub pages_opened: u64,
    /// Calls of the provider's file search.
    pub file_searches: u64,
    /// Sessions of the provider's code interpreter.
    pub code_sessions: u64,
    /// Tokens into a computer-use tool.
    pub computer_input: u64,
    /// Tokens out of a computer-use tool.
    pub computer_output: u64,
    /// Storage for file search or vector stores, in megabytes times days.
    pub storage_mb_days: u64,
}

/// `search_context_size`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SearchContext {
    /// Little.
    Low,
    /// What providers take when nobody says.
    #[default]
    Medium,
    /// Much.
    High,
}

impl SearchContext {
    /// Reads `low`, `medium` or `high`.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "low" => Some(Self::Low),
            "medium" => Some(Self::Medium),
            "high" => Some(Self::High),
            _ => None,
        }
    }
}

/// The prices of a model's tools.
#[derive(Debug, Clone, Default)]
pub(super) struct ToolRates {
    search: [Price; 3],
    maps: Price,
    /// However many searches or queries a prompt takes, it is billed as one.
    per_prompt: bool,
    page: Price,
    file_search: Price,
    code_session: Option<Price>,
    computer_input: Price,
    computer_output: Price,
    mb_day: Price,
}

// What the vendors list, where the map has nothing.
const GROUNDING_SEARCH: Price = dollars_per_million(35_000);
const GROUNDING_MAPS_PROMPT: Price = dollars_per_million(25_000);
const GROUNDING_MAPS_QUERY: Price = dollars_per_million(14_000);
const XAI_SEARCH: Price = dollars_per_million(5_000);
const GROQ_PAGE: Price = dollars_per_million(1_000);
const FILE_SEARCH: Price = dollars_per_million(2_500);
const AZURE_COMPUTER_INPUT: Price = dollars_per_million(3);
const AZURE_COMPUTER_OUTPUT: Price = dollars_per_million(12);
const AZURE_MB_DAY: Price = dollars_per_million(100);

const fn dollars_per_million(dollars: i128) -> Price {
    Price::from_atto(dollars * 1_000_000_000_000)
}

impl ToolRates {
    pub(super) fn of(sheet: &Sheet<'_>, provider: &str, terms: &Terms) -> Self {
        let only = |condition: bool, price: Price| if condition { price } else { Price::ZERO };
        let azure = provider == "azure";
        let grounds = terms.search == Search::Grounding;
        let per_prompt = grounds && !bills_by_query(sheet);
        let maps = if per_prompt { GROUNDING_MAPS_PROMPT } else { GROUNDING_MAPS_QUERY };
        Self {
            search: search_prices(sheet, terms.search),
            maps: only(grounds, sheet.price("google_maps_grounding_cost_per_query").unwrap_or(maps)),
            per_prompt,
            page: only(provider == "groq", GROQ_PAGE),
            file_search: only(!azure, FILE_SEARCH),
            code_session: sheet.price("code_interpreter_cost_per_session"),
            computer_input: only(azure, AZURE_COMPUTER_INPUT),
            computer_output: only(azure, AZURE_COMPUTER_OUTPUT),
            mb_day: only(azure, AZURE_MB_DAY),
        }
    }

    /// What a session of the code interpreter costs, unless the entry says so.
    pub(super) fn default_code_session(&mut self, price: Option<Price>) {
        self.code_session = self.code_session.or(price);
    }

    pub(super) fn cost(&self, searches: u64, tools: &ToolUse) -> Result<Price, Overflow> {
        let billed = |queries: u64| if self.per_prompt { queries.min(1) } else { queries };
        let mut sum = Sum::default();
        sum.add(self.search[tools.search_context as usize], billed(searches))?;
        sum.add(self.maps, billed(tools.maps))?;
        sum.add(self.page, tools.pages_opened)?;
        sum.add(self.file_search, tools.file_searches)?;
        sum.add(self.code_session.unwrap_or_default(), tools.code_sessions)?;
        sum.add(self.computer_input, tools.computer_input)?;
        sum.add(self.computer_output, tools.computer_output)?;
        sum.add(self.mb_day, tools.storage_mb_days)?;
        Ok(sum.total())
    }
}

fn bills_by_query(sheet: &Sheet<'_>) -> bool {
    sheet.value("web_search_billing_unit").and_then(Value::as_str).as_deref() == Some("per_query")
}

/// The price of a search at low, medium and high context.
fn search_prices(sheet: &Sheet<'_>, how: Search) -> [Price; 3] {
    let listed = sheet.value("search_context_cost_per_query").and_then(|sizes| sizes.fields().ok());
    let [low, medium, high] = ["low", "medium", "high"]
        .map(|size| listed.as_ref()?.peek(&format!("search_context_size_{size}")).and_then(price));
    let or_nothing = Option::unwrap_or_default;
    match how {
        Search::BySize => [low, medium, high].map(or_nothing),
        Search::Medium => [or_nothing(medium); 3],
        Search::Low => [or_nothing(low); 3],
        Search::Grounding => [medium.unwrap_or(GROUNDING_SEARCH); 3],
        Search::FirstPriced => {
            let priced = [medium, low, high].into_iter().flatten().find(|price| *price > Price::ZERO);
            [priced.unwrap_or(XAI_SEARCH); 3]
        }
    }
}
