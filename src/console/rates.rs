//! How often an address may come. Bounded: however many addresses come, so many are remembered.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::token_bucket::{Rate, TokenBucket};

/// Addresses that are remembered. One more is put in the place of the one that came least lately.
const MOST_ADDRESSES: usize = 1024;

/// A rate for each address.
pub(super) struct Rates {
    rate: Rate,
    addresses: Mutex<HashMap<IpAddr, (TokenBucket, Duration)>>,
}

impl Rates {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, addresses: Mutex::default() }
    }

    /// Whether `address` may come at `now`.
    pub(super) fn take(&self, address: IpAddr, now: Duration) -> bool {
        let (mut addresses, address) = (self.lock(), household(address));
        if addresses.len() >= MOST_ADDRESSES && !addresses.contains_key(&address) {
            let oldest = addresses.iter().min_by_key(|(_, (_, came))| *came).map(|(address, _)| *address);
            oldest.and_then(|oldest| addresses.remove(&oldest));
        }
        let (bucket, came) = addresses.entry(address).or_insert_with(|| (TokenBucket::full(self.rate), now));
        *came = now;
        bucket.take(now)
    }

    /// What `address` came for does not count.
    pub(super) fn put_back(&self, address: IpAddr) {
        if let Some((bucket, _)) = self.lock().get_mut(&household(address)) {
            bucket.put_back();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, (TokenBucket, Duration)>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One household has 2^64 addresses of IPv6 to come from.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_has_its_own_rate_and_a_network_of_ipv6_one() {
        let rates = Rates::new(Rate { at_once: 2, per_second: 0.001 });
        let take = |address: &str| rates.take(address.parse().expect("an address"), Duration::ZERO);
        assert_eq!([take("10.0.0.1"), take("10.0.0.1"), take("::ffff:10.0.0.1")], [true, true, false]);
        assert!(take("10.0.0.2"));
        assert_eq!([take("2001:db8::1"), take("2001:db8::2"), take("2001:db8::3")], [true, true, false]);
        rates.put_back("2001:db8::9".parse().expect("an address"));
        assert!(take("2001:db8::1"));
    }

    #[test]
    fn addresses_are_bounded() {
        let rates = Rates::new(Rate { at_once: 1, per_second: 0.001 });
        for number in 0..5000_u32 {
            let now = Duration::from_secs(u64::from(number));
            assert!(rates.take(IpAddr::from(number.to_be_bytes()), now));
        }
        assert_eq!(rates.lock().len(), MOST_ADDRESSES);
    }
}
