//! A subscription: what a recipient gets of one product, and the token by which he stops it.

use super::message::Product;

/// What one recipient gets of one product, of one rule where that is an attendering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Bare address, in small letters.
    pub address: String,
    /// The product.
    pub product: Product,
    /// Id of the rule; empty for the product as a whole.
    pub rule: String,
    /// Chosen by chance: who has it can stop this subscription and nothing else.
    pub token: String,
}

impl Subscription {
    /// Its name in a `List-Id` and in `subscription list`: "digest", "attendering-havens".
    #[must_use]
    pub fn list(&self) -> String {
        list(self.product, &self.rule)
    }
}

/// The name of what is subscribed to.
#[must_use]
pub fn list(product: Product, rule: &str) -> String {
    if rule.is_empty() { product.name().to_owned() } else { format!("{}-{rule}", product.name()) }
}

/// True for the products that a recipient may stop. Concept signals and notices go to those whose work they are.
#[must_use]
pub fn can_stop(product: Product) -> bool {
    matches!(product, Product::Digest | Product::Alert)
}

/// The address alone, in small letters: "An <An@Voorbeeld.nl>" and "an@voorbeeld.nl" are the same reader.
#[must_use]
pub fn bare(recipient: &str) -> String {
    let inner = recipient.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(address, _)| address);
    inner.unwrap_or(recipient).trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reader_has_one_address_however_it_is_written() {
        assert_eq!(bare("An de Vries <An@Voorbeeld.nl>"), "an@voorbeeld.nl");
        assert_eq!(bare(" an@voorbeeld.nl"), "an@voorbeeld.nl");
        assert_eq!(list(Product::Alert, "havens"), "attendering-havens");
    }
}
