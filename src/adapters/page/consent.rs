//! Pages that stand in the way of the page: consent walls, robot checks, refusals. They come with status 200 and would
//! otherwise be read as articles.

use super::dom;

/// A page with more prose than this, in bytes, is content, whatever stands in its title. Walls explain themselves.
const MOST_PROSE: usize = 1_200;
/// A page with more prose than this, in bytes, is content, whatever its banner says.
const LEAST_ARTICLE: usize = 400;
/// A page with so many links leads somewhere.
const MANY_LINKS: usize = 8;
/// What articles carry in their markup and walls do not, in lower case.
const ARTICLE: [&str; 4] = ["<article", "newsarticle", "article:published_time", "dcterms.issued"];
/// Words of banners, buttons and their small print; what has them is not what the page is about.
const BANNER: [&str; 8] =
    ["cookie", "privacy", "toestemming", "accept", "akkoord", "advertenties", "captcha", "javascript"];

/// What stands in a title of such a page, in lower case, and what we call it.
const TITLES: [(&str, &str); 24] = [
    ("just a moment", "een robotcontrole van Cloudflare"),
    ("attention required! | cloudflare", "een robotcontrole van Cloudflare"),
    ("access denied", "een weigering (access denied)"),
    ("access to this page has been denied", "een weigering (access denied)"),
    ("403 forbidden", "een weigering (403)"),
    ("403 - forbidden", "een weigering (403)"),
    ("toegang geweigerd", "een weigering (toegang geweigerd)"),
    ("request rejected", "een weigering (request rejected)"),
    ("the request is blocked", "een weigering (request blocked)"),
    ("you have been blocked", "een weigering (blocked)"),
    ("robot check", "een robotcontrole"),
    ("are you a robot", "een robotcontrole"),
    ("ben je een robot", "een robotcontrole"),
    ("bent u een robot", "een robotcontrole"),
    ("pardon our interruption", "een robotcontrole"),
    ("security check", "een robotcontrole"),
    ("human verification", "een robotcontrole"),
    ("captcha", "een robotcontrole (captcha)"),
    ("cookiewall", "een toestemmingspagina voor cookies"),
    ("cookie consent", "een toestemmingspagina voor cookies"),
    ("cookies accepteren", "een toestemmingspagina voor cookies"),
    ("privacy gate", "een toestemmingspagina voor cookies"),
    ("dpg media privacy", "een toestemmingspagina voor cookies"),
    ("voordat je verdergaat", "een toestemmingspagina voor cookies"),
];

/// What stands in the markup of such a page only.
const MARKUP: [(&str, &str); 5] = [
    ("_cf_chl_opt", "een robotcontrole van Cloudflare"),
    ("cf-browser-verification", "een robotcontrole van Cloudflare"),
    ("_incapsula_resource", "een robotcontrole van Imperva"),
    ("geo.captcha-delivery.com", "een robotcontrole (captcha)"),
    ("/px-captcha", "een robotcontrole (captcha)"),
];

/// What such a page says when it says little else.
const WORDS: [(&str, &str); 20] = [
    ("access denied", "een weigering (access denied)"),
    ("you don't have permission to access", "een weigering (access denied)"),
    ("u heeft geen toegang tot deze pagina", "een weigering (geen toegang)"),
    ("toegang geweigerd", "een weigering (toegang geweigerd)"),
    ("request unsuccessful", "een weigering"),
    ("enable javascript and cookies to continue", "een robotcontrole"),
    ("checking your browser", "een robotcontrole"),
    ("verify you are human", "een robotcontrole"),
    ("unusual traffic", "een robotcontrole"),
    ("ik ben geen robot", "een robotcontrole"),
    ("captcha", "een robotcontrole (captcha)"),
    ("cookies accepteren", "een toestemmingspagina voor cookies"),
    ("accepteer cookies", "een toestemmingspagina voor cookies"),
    ("alle cookies toestaan", "een toestemmingspagina voor cookies"),
    ("alle cookies accepteren", "een toestemmingspagina voor cookies"),
    ("accepteer alle cookies", "een toestemmingspagina voor cookies"),
    ("accept all cookies", "een toestemmingspagina voor cookies"),
    ("voordat je verdergaat", "een toestemmingspagina voor cookies"),
    ("toestemming voor cookies", "een toestemmingspagina voor cookies"),
    ("wij gebruiken cookies", "een toestemmingspagina voor cookies"),
];

/// What kind of wall this page is; None when it is a page with content. Real pages carry cookie banners and robot scripts
/// too, so words count only on a page that says little else.
#[must_use]
pub fn looks_like(html: &str) -> Option<&'static str> {
    let find = |text: &str, signs: &[(&str, &'static str)]| {
        signs.iter().find(|(sign, _)| text.contains(sign)).map(|(_, what)| *what)
    };
    let head = dom::cut(html, 200_000).to_lowercase();
    let title = head.split_once("<title").and_then(|(_, rest)| rest.split_once('>'));
    let title = title.and_then(|(_, rest)| rest.split_once("</title")).map_or("", |(title, _)| title).trim();
    // An article may be about captchas; only a title that opens with the sign counts.
    let begins = TITLES.iter().find(|(sign, _)| title.starts_with(sign)).map(|(_, what)| *what);
    let text = dom::without_tags(dom::cut(html, 1_000_000), '\n').to_lowercase();
    let prose: usize = text
        .lines()
        .filter(|line| {
            line.len() >= 25 && BANNER.iter().chain(WORDS.iter().map(|(sign, _)| sign)).all(|word| !line.contains(word))
        })
        .map(str::len)
        .sum();
    if prose > MOST_PROSE {
        return None;
    }
    let says_so = begins.or_else(|| find(&head, &MARKUP));
    let links = head.matches("<a ").count();
    let is_bare = prose <= LEAST_ARTICLE && links < MANY_LINKS && !ARTICLE.iter().any(|sign| head.contains(sign));
    says_so.or_else(|| find(&text, &WORDS).filter(|_| is_bare))
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn walls_are_told_from_pages_that_only_mention_them() {
        let walls = [
            "<title>Just a moment...</title><body><script>window._cf_chl_opt={}</script></body>",
            "<html><head><title>Access Denied</title></head><body>You don't have permission to access this page</body></html>",
            "<html><body><h1>Welkom</h1><p>Wij gebruiken cookies. Cookies accepteren?</p><button>Akkoord</button></body></html>",
            "<form id=x><p>Ik ben geen robot</p></form>",
        ];
        for wall in walls {
            assert!(looks_like(wall).is_some(), "{wall}");
        }
        let article = format!(
            "<title>Captcha omzeild door bende</title><div>Cookies accepteren?</div><p>{}</p>",
            "De verdachten kochten kaartjes met een programma. ".repeat(80)
        );
        assert_eq!(looks_like(&article), None);
        assert_eq!(looks_like("<h1>Inval in loods</h1><p>De politie vond een lab.</p>"), None);
        let short = format!(
            "<div>Wij gebruiken cookies.</div><button>Cookies accepteren</button><article><p>{}</p></article>",
            "De politie heeft in een loods aan de haven een werkend lab gevonden. ".repeat(4)
        );
        assert_eq!(looks_like(&short), None);
    }
}
