//! Which servers are believed to be who they say, and who we are to them.

use std::path::Path;
use std::sync::Arc;

use ferrolite_types::{Error, ErrorKind};
use hyper_rustls::{ConfigBuilderExt, HttpsConnectorBuilder};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Whose word is taken for who a server is.
#[derive(Debug, Clone, Copy, Default)]
pub enum Authorities<'a> {
    /// Those that the machine trusts, or Mozilla's list where it trusts none.
    #[default]
    Machine,
    /// Those of a PEM file, and no others.
    File(&'a Path),
    /// The server's own: anybody on the way can read and change everything.
    Anybody,
}

/// Which servers are believed, and who we are to them. By default those that the machine trusts, and nobody.
#[derive(Debug, Clone, Default)]
pub struct Trust(Option<ClientConfig>);

impl Trust {
    /// Trust in these authorities. `identity` is a PEM file with the certificate that we show, and its key.
    ///
    /// # Errors
    /// `Config`: a file that cannot be read or holds something else.
    pub fn new(authorities: Authorities<'_>, identity: Option<&Path>) -> Result<Self, Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let config = config.expect("aws-lc-rs speaks TLS 1.2 and 1.3");
        let config = match authorities {
            Authorities::Machine => match config.clone().with_native_roots() {
                Ok(config) => config,
                Err(_) => config.with_webpki_roots(),
            },
            Authorities::File(file) => config.with_root_certificates(roots(file)?),
            Authorities::Anybody => {
                config.dangerous().with_custom_certificate_verifier(Arc::new(AnybodyVerifier { provider }))
            }
        };
        let config = match identity {
            None => config.with_no_client_auth(),
            Some(file) => {
                let shown = config.with_client_auth_cert(certificates(file)?, private_key(file)?);
                shown.map_err(|error| unusable(file, &error))?
            }
        };
        Ok(Self(Some(config)))
    }

    /// The same for a connector.
    pub(crate) fn builder(&self) -> HttpsConnectorBuilder<hyper_rustls::builderstates::WantsSchemes> {
        let config = self.0.clone().or_else(|| Self::new(Authorities::Machine, None).ok()?.0);
        HttpsConnectorBuilder::new()
            .with_tls_config(config.expect("trust in the machine's authorities needs no file"))
    }
}

fn roots(file: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| unusable(file, &error))?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read.map_err(|error| unusable(file, &error))? {
        none if none.is_empty() => Err(unusable(file, &"it holds no certificate")),
        certificates => Ok(certificates),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Config, format!("cannot use {}: {why}", file.display()))
}

/// Takes every certificate, as long as its owner has the key to it.
#[derive(Debug)]
struct AnybodyVerifier {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnybodyVerifier {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
