//! `litellm_settings.cache_params`: where answers are kept.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::known;
use super::secret::Secret;
use super::support::{later, name_all};
use super::values::Open;

/// Where answers are kept, and for how long. What is not listed here goes to the Redis client.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(transform = known_params)]
pub struct CacheParams {
    /// Where answers are kept.
    #[serde(rename = "type")]
    pub kind: Option<CacheType>,
    /// Whether a call is cached unless it says otherwise.
    pub mode: Option<CacheMode>,
    /// Seconds for which an answer is kept.
    #[schemars(range(min = 0))]
    pub ttl: Option<f64>,
    /// What stands in front of every name in the store.
    pub namespace: Option<String>,
    /// The kinds of calls that are cached: `acompletion`, `aembedding`, …
    pub supported_call_types: Option<Vec<String>>,
    /// The host of the store.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// Its password.
    pub password: Option<Secret>,
    /// The user that the password belongs to.
    pub username: Option<String>,
    /// The store as an address.
    pub url: Option<Secret>,
    /// Whether the store is spoken to through TLS.
    pub ssl: Option<bool>,
    /// The nodes of a Redis Cluster to ask first.
    pub redis_startup_nodes: Option<Vec<Node>>,
    /// The sentinels of a Redis, as `[host, port]`.
    pub sentinel_nodes: Option<Vec<(String, u16)>>,
    /// The name that the sentinels know the Redis by.
    pub service_name: Option<String>,
    /// The password of the sentinels.
    pub sentinel_password: Option<Secret>,
    /// Seconds for which an answer is kept in memory.
    #[schemars(range(min = 0))]
    pub default_in_memory_ttl: Option<f64>,
    /// Seconds for which an answer is kept in Redis.
    #[schemars(range(min = 0))]
    pub default_in_redis_ttl: Option<f64>,
    /// How alike two prompts must be to get one answer, from 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub similarity_threshold: Option<f64>,
    /// Who shares answers to prompts that are alike.
    pub semantic_cache_scope: Option<String>,
    /// The model that tells how alike prompts are.
    pub redis_semantic_cache_embedding_model: Option<String>,
    /// The same for Qdrant.
    pub qdrant_semantic_cache_embedding_model: Option<String>,
    /// The address of Qdrant.
    pub qdrant_api_base: Option<String>,
    /// The key of Qdrant.
    pub qdrant_api_key: Option<Secret>,
    /// The collection in Qdrant.
    pub qdrant_collection_name: Option<String>,
    /// The folder of a cache on disk.
    pub disk_cache_dir: Option<String>,
    /// The bucket on S3.
    pub s3_bucket_name: Option<String>,
    /// The region of S3.
    pub s3_region_name: Option<String>,
    /// Another address of S3.
    pub s3_endpoint_url: Option<String>,
    /// The folder in the bucket.
    pub s3_path: Option<String>,
    /// The bucket on Google Cloud Storage.
    pub gcs_bucket_name: Option<String>,
    /// Everything else, for the Redis client.
    #[serde(flatten)]
    pub rest: Open,
}

/// Where answers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheType {
    /// In memory.
    Local,
    /// On disk.
    Disk,
    /// In Redis.
    Redis,
    /// In Redis, by meaning.
    RedisSemantic,
    /// In Valkey, by meaning.
    ValkeySemantic,
    /// In Qdrant, by meaning.
    QdrantSemantic,
    /// On S3.
    S3,
    /// On Google Cloud Storage.
    Gcs,
    /// On Azure Blob Storage.
    AzureBlob,
}

/// Whether a call is cached unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheMode {
    /// It is.
    DefaultOn,
    /// It is not.
    DefaultOff,
}

/// A node of a Redis Cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Node {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
}

fn known_params(schema: &mut Schema) {
    name_all(schema, known::CACHE, later, &json!({}));
}
