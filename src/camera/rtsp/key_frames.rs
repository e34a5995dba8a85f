//! Which access units may be decoded: after a gap none until the next key frame, because what lies between refers to
//! what is missing and would be smeared, and a smeared plate can be misread.
//!
//! Streams that refresh bit by bit instead of with key frames (intra refresh) begin with a key frame too. After a loss
//! they give nothing more until the frame deadline; then the source is opened again, and the camera begins with one.

/// What may be decoded of one stream.
#[derive(Debug, Default)]
pub(super) struct KeyFrames {
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was decoded yet.
    #[default]
    Beginning,
    Whole,
    Broken,
}

/// What to do with an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Decode it.
    Whole,
    /// Decode it; it is the first one after a gap.
    AfterGap,
    /// Leave it out: the stream has not come to a key frame yet.
    NotYet,
    /// Leave it out: something before it is missing.
    Broken,
}

impl KeyFrames {
    /// Something is missing before the next access unit.
    pub(super) fn broken(&mut self) {
        if self.state == State::Whole {
            self.state = State::Broken;
        }
    }

    /// Says what to do with the next access unit; `key`: it is a whole key frame.
    pub(super) fn admit(&mut self, key: bool) -> Admission {
        match (self.state, key) {
            (State::Whole, _) => Admission::Whole,
            (before, true) => {
                self.state = State::Whole;
                if before == State::Broken { Admission::AfterGap } else { Admission::Whole }
            }
            (State::Beginning, false) => Admission::NotYet,
            (State::Broken, false) => Admission::Broken,
        }
    }
}

/// The two codecs with slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sliced {
    H264,
    H265,
}

/// Whether decoding can begin with an access unit (with start codes): it is a key frame, and begins with the first slice
/// of its picture, so that lost packets before it cost others and not this one. (One that lost a packet in its middle
/// does not come at all.)
pub(super) fn is_whole_key_frame(access_unit: &[u8], codec: Sliced) -> bool {
    let mut rest = access_unit;
    while let Some(at) = rest.windows(3).position(|window| window == [0, 0, 1]) {
        rest = rest.get(at + 3..).unwrap_or_default();
        let Some(header) = rest.first() else { return false };
        // What is a slice, which slices are a key frame's, and how long the header is: ITU-T H.264 and H.265, table 7-1.
        let (kind, slices, keys, header_bytes) = match codec {
            Sliced::H264 => (header & 0x1F, 1..=5, 5..=5, 1),
            Sliced::H265 => (header >> 1 & 0x3F, 0..=31, 16..=23, 2),
        };
        if slices.contains(&kind) {
            // `first_mb_in_slice` is 0, coded as a single 1 bit; `first_slice_segment_in_pic_flag` is 1.
            return keys.contains(&kind) && rest.get(header_bytes).is_some_and(|byte| byte & 0x80 != 0);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use Admission::{AfterGap, Broken, NotYet, Whole};

    #[test]
    fn nothing_is_decoded_between_a_gap_and_the_next_key_frame() {
        let mut stream = KeyFrames::default();
        stream.broken();
        let begins = [false, true, false].map(|key| stream.admit(key));
        assert_eq!(begins, [NotYet, Whole, Whole]);
        stream.broken();
        let goes_on = [false, false, true, false].map(|key| stream.admit(key));
        assert_eq!(goes_on, [Broken, Broken, AfterGap, Whole]);
    }

    #[test]
    fn a_key_frame_is_whole_if_it_has_its_first_slice() {
        let check = |codec, bytes: &[u8], expect| assert_eq!(is_whole_key_frame(bytes, codec), expect, "{bytes:x?}");
        check(Sliced::H264, &[0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 1, 0x65, 0x88], true);
        check(Sliced::H264, &[0, 0, 0, 1, 0x67, 0x42, 0, 0, 0, 1, 0x65, 0x13], false);
        check(Sliced::H264, &[0, 0, 0, 1, 0x41, 0x88], false);
        check(Sliced::H265, &[0, 0, 0, 1, 0x40, 1, 9, 0, 0, 0, 1, 0x26, 1, 0xAF], true);
        check(Sliced::H265, &[0, 0, 0, 1, 0x2A, 1, 0xAF], true);
        check(Sliced::H265, &[0, 0, 0, 1, 0x26, 1, 0x2F], false);
        check(Sliced::H265, &[0, 0, 0, 1, 0x02, 1, 0xAF], false);
        check(Sliced::H265, &[0, 0, 0, 1, 0x26], false);
        check(Sliced::H264, &[], false);
    }
}
