//! Cameras in a sysfs of our own making.

use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

struct Machine {
    folder: TempDir,
    tree: DeviceTree,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tree = DeviceTree { class: folder.path().join("class"), dev: folder.path().join("dev") };
        fs::create_dir_all(&tree.class).expect("a folder");
        fs::create_dir_all(&tree.dev).expect("a folder");
        Self { folder, tree }
    }

    /// Plugs a camera into a socket; its nodes have these numbers.
    fn plug(&self, socket: &str, name: &str, serial: Option<&str>, numbers: &[u32]) {
        let usb = self.folder.path().join("devices").join(socket);
        let interface = usb.join(format!("{socket}:1.0"));
        fs::create_dir_all(&interface).expect("a folder");
        fs::write(usb.join("idVendor"), "046d\n").expect("a file");
        if let Some(serial) = serial {
            fs::write(usb.join("serial"), format!("{serial}\n")).expect("a file");
        }
        for (index, number) in numbers.iter().enumerate() {
            let node = interface.join("video4linux").join(format!("video{number}"));
            fs::create_dir_all(&node).expect("a folder");
            fs::write(node.join("index"), format!("{index}\n")).expect("a file");
            fs::write(node.join("name"), format!("{name}\n")).expect("a file");
            symlink(&interface, node.join("device")).expect("a link");
            symlink(&node, self.tree.class.join(format!("video{number}"))).expect("a link");
            fs::write(self.tree.dev.join(format!("video{number}")), []).expect("a file");
        }
    }

    fn check(&self, name: &str, serial: Option<&str>, expect: &str) {
        let identity = UsbIdentity::Name { name: name.to_owned(), serial: serial.map(str::to_owned) };
        self.check_identity(&identity, expect);
    }

    /// Nodes with an odd number are for metadata.
    fn check_identity(&self, identity: &UsbIdentity, expect: &str) {
        let gives_video = |path: &Path| Ok(!path.to_string_lossy().ends_with(['1', '3', '5', '7', '9']));
        let got = match self.tree.resolve(identity, gives_video) {
            Ok(path) => path.file_name().expect("a name").to_string_lossy().into_owned(),
            Err(fault) => fault.to_string(),
        };
        assert!(got.contains(expect), "{identity}: {got:?} and not {expect:?}");
    }
}

#[test]
fn a_name_finds_the_node_with_pictures_and_not_the_one_for_metadata() {
    let machine = Machine::new();
    machine.plug("1-1", "Front: Front", None, &[3, 4]);
    machine.check("Front: Front", None, "video4");
    machine.check("Rear", None, "is not there; check its cable");
}

#[test]
fn of_two_pictures_of_one_camera_the_first_counts() {
    let machine = Machine::new();
    machine.plug("1-1", "Depth", None, &[10, 8]);
    machine.check("Depth", None, "video10");
}

#[test]
fn two_cameras_of_one_name_need_a_serial_number() {
    let machine = Machine::new();
    machine.plug("1-1", "Front", Some("A1"), &[0, 1]);
    machine.plug("1-2", "Front", Some("B2"), &[2, 3]);
    machine.check("Front", None, "is 2 cameras (serial A1, serial B2); add the `serial` of one");
    machine.check("Front", Some("B2"), "video2");
    machine.check("Front", Some("C3"), "is not there: those of that name have serial A1, serial B2;");
}

#[test]
fn two_cameras_of_one_name_and_serial_number_need_a_path() {
    let machine = Machine::new();
    machine.plug("1-1", "Cheap", Some("0001"), &[0]);
    machine.plug("1-2", "Cheap", Some("0001"), &[2]);
    machine.check("Cheap", Some("0001"), "is 2 cameras (serial 0001)");
    machine.plug("1-3", "Cheaper", None, &[4]);
    machine.plug("1-4", "Cheaper", None, &[6]);
    machine.check("Cheaper", None, "is 2 cameras (no serial number)");
    let link = machine.folder.path().join("by-path");
    symlink(machine.tree.dev.join("video6"), &link).expect("a link");
    machine.check_identity(&UsbIdentity::Path(link), "video6");
}

#[test]
fn a_path_that_leads_nowhere_or_to_metadata_says_so() {
    let machine = Machine::new();
    machine.plug("1-1", "Front", None, &[0, 1]);
    machine.check_identity(&UsbIdentity::Path(machine.tree.dev.join("by-path/none")), "is not there");
    machine.check_identity(&UsbIdentity::Path(machine.tree.dev.join("video1")), "gives no pictures");
}

#[test]
fn a_node_that_cannot_be_asked_says_why() {
    let machine = Machine::new();
    machine.plug("1-1", "Front", None, &[0]);
    let identity = UsbIdentity::Name { name: "Front".to_owned(), serial: None };
    let denied = machine.tree.resolve(&identity, |_| Err(io::ErrorKind::PermissionDenied.into()));
    assert!(matches!(denied, Err(UsbFault::Forbidden)));
}

#[test]
fn a_name_that_is_cut_inside_a_character_is_still_a_name() {
    let machine = Machine::new();
    machine.plug("1-1", "x", None, &[0]);
    let name = machine.tree.class.join("video0/name");
    fs::write(name, [b"Cam ".as_slice(), &"摄".as_bytes()[..2], b"\n"].concat()).expect("a file");
    machine.check("Cam \u{FFFD}", None, "video0");
}
