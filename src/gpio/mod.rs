//! Lines of the computer: the only folder that knows the GPIO interface of the kernel (`/dev/gpiochipN`, version 2).
//!
//! Not here: what a line means. [`triggers::gpio`](crate::triggers::gpio) reads vehicles from inputs, [`barrier`](crate::barrier) gives
//! pulses on outputs.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use gpiocdev::Request;
use gpiocdev::line::{EdgeDetection, Value};

/// A line of a chip.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineAddress {
    /// The chip's device, such as `/dev/gpiochip0`.
    pub chip: PathBuf,
    /// The line's number on it.
    pub line: u32,
}

impl fmt::Display for LineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of {}", self.line, self.chip.display())
    }
}

/// The level of a line at which it is active: a vehicle is there, the barrier opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActiveLevel {
    /// Voltage.
    High,
    /// None: a contact to ground.
    Low,
}

/// Why a line cannot be had, read or set: the kernel's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LineFault(pub String);

impl From<gpiocdev::Error> for LineFault {
    fn from(error: gpiocdev::Error) -> Self {
        Self(error.to_string())
    }
}

/// An input that is watched for becoming active.
#[derive(Debug)]
pub struct InputLine {
    request: Request,
    line: u32,
}

impl InputLine {
    /// Takes the line. Changes shorter than `debounce` are a bouncing contact.
    ///
    /// # Errors
    /// [`LineFault`] when there is no such line, it is in use, or the user may not use it.
    pub fn open(address: &LineAddress, active: ActiveLevel, debounce: Duration) -> Result<Self, LineFault> {
        let mut builder = Request::builder();
        builder.on_chip(&address.chip).with_consumer("gatelpr").with_line(address.line).as_input();
        match active {
            ActiveLevel::High => builder.as_active_high(),
            ActiveLevel::Low => builder.as_active_low(),
        };
        builder.with_edge_detection(EdgeDetection::RisingEdge);
        if !debounce.is_zero() {
            builder.with_debounce_period(debounce);
        }
        Ok(Self { request: builder.request()?, line: address.line })
    }

    /// Whether it is active.
    ///
    /// # Errors
    /// [`LineFault`] when the line is gone.
    pub fn is_active(&self) -> Result<bool, LineFault> {
        Ok(self.request.value(self.line)? == Value::Active)
    }

    /// Waits until it becomes active, at most `patience`; whether it did.
    ///
    /// # Errors
    /// [`LineFault`] when the line is gone.
    pub fn becomes_active(&self, patience: Duration) -> Result<bool, LineFault> {
        let became = self.request.wait_edge_event(patience)?;
        if became {
            self.request.read_edge_event()?;
        }
        Ok(became)
    }
}

/// An output, inactive until it is set.
#[derive(Debug)]
pub struct OutputLine {
    request: Request,
    line: u32,
}

impl OutputLine {
    /// Takes the line and makes it inactive.
    ///
    /// # Errors
    /// [`LineFault`] when there is no such line, it is in use, or the user may not use it.
    pub fn open(address: &LineAddress, active: ActiveLevel) -> Result<Self, LineFault> {
        let mut builder = Request::builder();
        builder.on_chip(&address.chip).with_consumer("gatelpr").with_line(address.line).as_output(Value::Inactive);
        match active {
            ActiveLevel::High => builder.as_active_high(),
            ActiveLevel::Low => builder.as_active_low(),
        };
        Ok(Self { request: builder.request()?, line: address.line })
    }

    /// Makes it active or inactive.
    ///
    /// # Errors
    /// [`LineFault`] when the line is gone.
    pub fn set_active(&mut self) -> Result<(), LineFault> {
        Ok(self.request.set_value(self.line, Value::Active).map(drop)?)
    }

    /// Makes it inactive.
    ///
    /// # Errors
    /// [`LineFault`] when the line is gone.
    pub fn set_inactive(&mut self) -> Result<(), LineFault> {
        Ok(self.request.set_value(self.line, Value::Inactive).map(drop)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_chip_that_is_not_there_is_refused() {
        let address = LineAddress { chip: "/dev/no-such-chip".into(), line: 17 };
        assert!(InputLine::open(&address, ActiveLevel::High, Duration::ZERO).is_err());
        assert!(OutputLine::open(&address, ActiveLevel::Low).is_err());
        assert_eq!(address.to_string(), "line 17 of /dev/no-such-chip");
    }
}
