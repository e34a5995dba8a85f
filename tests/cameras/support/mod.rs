//! What the tests of live cameras stand on.

pub(crate) mod gate;
pub(crate) mod process;
pub(crate) mod rtsp_server;
pub(crate) mod tcp_proxy;
