//! Where nobody may be sent: own, private, link-local, shared, multicast and reserved networks. The check stands where names
//! become addresses, so that a name that answers differently a second time (DNS rebinding) finds the same check, and it is
//! made again for every hop of a redirect. (RFC 6890, RFC 6598, RFC 4193, RFC 4291, RFC 6052, RFC 3056.)

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// True for an address on which no open source can live.
#[must_use]
pub fn is_closed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_closed_v4(v4),
        IpAddr::V6(v6) => is_closed_v6(v6),
    }
}

fn is_closed_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

/// Addresses that carry an IPv4 address are judged by it; of the rest only global unicast (2000::/3) is open.
fn is_closed_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let carried = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_closed_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        (0, 0) if (c, d, e) == (0, 0, 0) && (f == 0xffff || f == 0) => carried(g, h),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => carried(g, h),
        (0x2002, _) => carried(b, c),
        // Teredo, documentation and benchmarking lie inside 2000::/3.
        (0x2001, 0 | 2 | 0xdb8) => true,
        _ => a & 0xe000 != 0x2000,
    }
}

/// Turns names into addresses and leaves out the closed ones.
pub(super) struct Guard {
    /// A name that may lead anywhere: the proxy of the configuration.
    pub(super) exempt: Option<String>,
    /// Everything is allowed: for sources that say that they live on a closed network.
    pub(super) open: bool,
}

/// The text of the error when every address of a name is closed; looked for when a failure is explained.
pub(super) const CLOSED: &str = "name leads to a closed network";

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let open = self.open || self.exempt.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| open || !is_closed(address.ip())).collect();
            if allowed.is_empty() {
                return Err(CLOSED.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

impl Guard {
    pub(super) fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_networks_are_known_in_all_their_forms() {
        for closed in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "192.0.0.170",
            "198.18.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "64:ff9b:1::1",
        ] {
            assert!(is_closed(closed.parse().expect("an address")), "{closed}");
        }
        for open in [
            "8.8.8.8",
            "100.63.0.1",
            "172.32.0.1",
            "2a00:1450:400e::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::",
        ] {
            assert!(!is_closed(open.parse().expect("an address")), "{open}");
        }
    }
}
