//! What an operator is told about a config file, and that no file whatever makes the reader fall over.

#[path = "config_mistakes/collisions.rs"]
mod collisions;
#[path = "config/commands.rs"]
mod commands;
#[path = "config_mistakes/console.rs"]
mod console;
#[path = "config/damage.rs"]
mod damage;
#[path = "config/destinations.rs"]
mod destinations;
#[path = "config/editors.rs"]
mod editors;
#[path = "config_mistakes/evidence.rs"]
mod evidence;
#[path = "config/mistakes_page.rs"]
mod mistakes_page;
#[path = "config_mistakes/plates.rs"]
mod plates;
#[path = "config/ports.rs"]
mod ports;
#[path = "config_mistakes/typing.rs"]
mod typing;

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use gatelpr::commands::check;
use gatelpr::commands::config_file::ConfigFile;
use gatelpr::config::Config;
use tempfile::TempDir;

const REFERENCE: &str = include_str!("../config/gatelpr.toml");

/// A config that is right; every mistake below is an edit of it.
const GOOD: &str = r#"[site]
name = "huu-nghi"
gate = "g1"

[mqtt]
host = "127.0.0.1"
port = 1883

[[camera]]
name = "in-2-front"
[camera.source.video]
path = "clip.mp4"

[[lane]]
name = "in-2"
camera = "in-2-front"
zone = [[0.3, 0.4], [0.9, 0.4], [0.9, 0.9], [0.3, 0.9]]
countries = ["VN", "CN"]
"#;

/// The source in [`GOOD`].
const VIDEO: &str = "[camera.source.video]\npath = \"clip.mp4\"";
/// The line of [`GOOD`] after which a table of the camera can stand.
const CAMERA_END: &str = "path = \"clip.mp4\"";

/// Each mistake: its name, what is replaced in [`GOOD`], and by what.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("misspelt_key", "port = 1883", "prot = 1883"),
    ("misspelt_required_key_with_a_wrong_value", "host = \"127.0.0.1\"", "hots = \"mqtt://127.0.0.1:1883\""),
    ("key_without_its_unit", "port = 1883", "keep_alive = 20"),
    ("unknown_key", "port = 1883", "colour = \"red\""),
    ("key_of_another_table", "port = 1883", "min_agreeing_reads = 3"),
    ("misspelt_table", "[mqtt]", "[mqqt]"),
    ("missing_table", "[mqtt]\nhost = \"127.0.0.1\"\nport = 1883\n", ""),
    ("table_given_as_text", "[site]", "outbox = \"/var\"\n[site]"),
    ("key_before_the_first_table", "[site]", "port = 1883\n[site]"),
    ("password_variable_that_is_not_set", "port = 1883", "username = \"g1\"\npassword_env = \"GATELPR_NOT_SET\""),
    ("credential_outside_of_the_service", "port = 1883", "username = \"g1\"\npassword_credential = \"mqtt-password\""),
    ("broker_elsewhere_in_plain_text", "127.0.0.1\"", "broker.example\""),
    ("plain_text_beside_tls", "port = 1883", "allow_plain_text = true\ntls = {}"),
    ("certificate_without_its_key", "port = 1883", "tls.certificate_file = \"clip.mp4\""),
    ("ca_file_that_holds_none", "port = 1883", "tls.ca_file = \"clip.mp4\""),
    (
        "key_of_another_certificate",
        "port = 1883",
        "tls = { certificate_file = \"gate.pem\", key_file = \"other.key\" }",
    ),
    ("old_tls", "port = 1883", "tls = { min_version = \"1.1\", alpn = \"mqtt\" }"),
    ("missing_key", "gate = \"g1\"\n", ""),
    ("number_as_text", "port = 1883", "port = \"1883\""),
    ("text_as_number", "name = \"in-2\"", "name = 2"),
    ("number_out_of_range", "port = 1883", "port = 70000"),
    ("unknown_word", "port = 1883", "protocol = \"3.1\""),
    ("host_with_scheme_and_port", "127.0.0.1\"", "mqtt://broker:1883\""),
    ("bad_site_name", "huu-nghi", "Hữu Nghị"),
    ("topic_root_with_wildcard", "port = 1883", "topic_root = \"gates/#\""),
    ("topic_root_with_an_unknown_placeholder", "port = 1883", "topic_root = \"gates/{lane}\""),
    ("topic_root_with_a_slash_at_the_end", "port = 1883", "topic_root = \"gates/\""),
    ("password_in_the_file", "port = 1883", "password = \"geheim\""),
    ("password_given_twice_and_without_a_user", "port = 1883", "password_file = \"clip.mp4\"\npassword_env = \"PATH\""),
    ("password_file_that_is_missing", "port = 1883", "username = \"g1\"\npassword_file = \"pasword\""),
    ("latitude_out_of_range", "gate = \"g1\"", "gate = \"g1\"\nlocation = { lat = 106.7, lon = 21.98 }"),
    ("folder_for_the_outbox_is_a_file", "[mqtt]", "[outbox]\ndirectory = \"clip.mp4/outbox\"\n[mqtt]"),
    ("trusted_key_that_is_none", "[mqtt]", "[inbound]\ntrusted_keys = [\"clip.mp4\"]\n[mqtt]"),
    ("trusted_key_that_is_missing", "[mqtt]", "[inbound]\ntrusted_keys = [\"platfrom.pem\"]\n[mqtt]"),
    ("inbound_out_of_range", "[mqtt]", "[inbound]\ndeclared_max_mib = 256\nreceipts_overdue_s = 0\n[mqtt]"),
    ("threads_none", "[mqtt]", "[inference]\nthreads = 0\n[mqtt]"),
    ("second_opinion_below_out_of_range", "[mqtt]", "[inference]\nsecond_opinion_below = 80\n[mqtt]"),
    ("second_opinion_of_the_usual_recogniser", "[mqtt]", "[inference]\nsecond_opinion = \"gatelpr-reader\"\n[mqtt]"),
    (
        "second_opinion_of_the_recogniser",
        "[mqtt]",
        "[inference]\nrecogniser = \"ppocr-v4-rec\"\nsecond_opinion = \"ppocr-v4-rec\"\n[mqtt]",
    ),
    ("model_given_as_file", "[mqtt]", "[inference]\ndetector = \"det.toml\"\n[mqtt]"),
    (
        "two_sources_in_one_camera",
        "path = \"clip.mp4\"",
        "path = \"clip.mp4\"\n[camera.source.folder]\npath = \"pictures\"",
    ),
    ("rotation_that_is_no_quarter", CAMERA_END, "path = \"clip.mp4\"\n[camera.view]\nrotate_deg = 45"),
    ("mirror_that_is_none", CAMERA_END, "path = \"clip.mp4\"\n[camera.view]\nmirror = \"horizontally\""),
    ("crop_with_nothing_left", CAMERA_END, "path = \"clip.mp4\"\n[camera.view]\ncrop = [0.6, 0.0, 0.4, 1.0]"),
    ("crop_in_pixels", CAMERA_END, "path = \"clip.mp4\"\n[camera.view]\ncrop = [0, 0, 1920, 1080]"),
    ("crop_of_three_numbers", CAMERA_END, "path = \"clip.mp4\"\n[camera.view]\ncrop = [0.1, 0.1, 0.9]"),
    ("lens_that_folds_the_picture", CAMERA_END, "path = \"clip.mp4\"\n[camera.view]\nlens = { k1 = -0.6, k2 = 0.0 }"),
    ("lens_out_of_range", CAMERA_END, "path = \"clip.mp4\"\n[camera.view]\nlens = { k1 = -25, k3 = 0.1 }"),
    (
        "perspective_that_crosses_itself",
        CAMERA_END,
        "path = \"clip.mp4\"\n[camera.view]\nperspective = [[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]]",
    ),
    (
        "perspective_from_another_corner",
        CAMERA_END,
        "path = \"clip.mp4\"\n[camera.view]\nperspective = [[0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.1, 0.1]]",
    ),
    (
        "perspective_of_a_speck",
        CAMERA_END,
        "path = \"clip.mp4\"\n[camera.view]\nperspective = [[0.5, 0.5], [0.55, 0.5], [0.55, 0.55], [0.5, 0.55]]",
    ),
    (
        "perspective_of_three_points",
        CAMERA_END,
        "path = \"clip.mp4\"\n[camera.view]\nperspective = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]",
    ),
    (
        "perspective_in_pixels",
        CAMERA_END,
        "path = \"clip.mp4\"\n[camera.view]\nperspective = [[0, 0], [1920, 0], [1920, 1080], [0, 1080]]",
    ),
    ("no_source", "[camera.source.video]\npath = \"clip.mp4\"\n", ""),
    ("unknown_kind_of_source", "[camera.source.video]", "[camera.source.onvif]"),
    ("misspelt_kind_of_source", "[camera.source.video]", "[camera.source.vidoe]"),
    ("login_in_an_address", VIDEO, "source.rtsp.url = \"rtsp://gate:geheim@192.0.2.10/stream1\""),
    ("address_of_another_kind", VIDEO, "source.mjpeg.url = \"rtsp://192.0.2.10/stream1\""),
    ("encrypted_camera", VIDEO, "source.snapshot.url = \"https://192.0.2.10/picture.jpg\""),
    ("address_without_a_host", VIDEO, "source.rtsp.url = \"rtsp:stream1\""),
    ("usb_camera_by_its_number", VIDEO, "source.usb.path = \"/dev/video0\""),
    ("usb_camera_without_identity", VIDEO, "source.usb.size_px = [1920, 1080]"),
    ("usb_camera_with_two_identities", VIDEO, "source.usb = { path = \"/dev/v4l/by-id/a\", device_name = \"A\" }"),
    ("usb_size_in_one_number", VIDEO, "source.usb = { device_name = \"A\", size_px = [1080] }"),
    (
        "ffmpeg_options_in_one_text",
        VIDEO,
        "source.rtsp = { url = \"rtsp://a/b\", ffmpeg_options = \"-hwaccel vaapi\" }",
    ),
    ("impatient_camera", "[camera.source.video]", "stall_timeout_s = 0\n[camera.source.video]"),
    ("snapshots_slower_than_the_stall", VIDEO, "source.snapshot = { url = \"http://a/b\", frames_per_second = 0.1 }"),
    ("unknown_reason_to_read", "camera = \"in-2-front\"", "camera = \"in-2-front\"\nanalyse = \"movement\""),
    ("input_line_without_a_number", "[[lane]]", "[[lane]]\ngpio.chip = \"/dev/gpiochip0\""),
    ("port_open_to_all", "[mqtt]", "[http]\nlisten = \"0.0.0.0:8088\"\n[mqtt]"),
    ("port_without_an_address", "[mqtt]", "[http]\nlisten = 8088\n[mqtt]"),
    ("source_as_text", "[camera.source.video]\npath = \"clip.mp4\"", "source = \"clip.mp4\""),
    ("missing_video", "clip.mp4", "clips/toll.mp4"),
    ("folder_given_as_video", "clip.mp4", "pictures"),
    ("unknown_camera_in_lane", "camera = \"in-2-front\"", "camera = \"in-2-frnt\""),
    ("rear_of_no_lane", "countries =", "rear_of = \"in-1\"\ncountries ="),
    ("rear_of_itself", "countries =", "rear_of = \"in-2\"\ncountries ="),
    (
        "rear_of_a_lane_that_sees_rears_too",
        "[[lane]]",
        "[[lane]]\nname = \"r1\"\ncamera = \"in-2-front\"\nrear_of = \"in-2\"\nzone = [[0, 0], [0.2, 0], [0, 0.2]]\n\n\
         [[lane]]\nname = \"r2\"\ncamera = \"in-2-front\"\nrear_of = \"r1\"\nzone = [[0, 0], [0.1, 0], [0, 0.1]]\n\n[[lane]]",
    ),
    (
        "two_lanes_that_see_the_rears_of_one",
        "[[lane]]",
        "[[lane]]\nname = \"r1\"\ncamera = \"in-2-front\"\nrear_of = \"in-2\"\nzone = [[0, 0], [0.2, 0], [0, 0.2]]\n\n\
         [[lane]]\nname = \"r2\"\ncamera = \"in-2-front\"\nrear_of = \"in-2\"\nzone = [[0, 0], [0.1, 0], [0, 0.1]]\n\n[[lane]]",
    ),
    ("unused_camera", "[[lane]]", "[[camera]]\nname = \"spare\"\nsource.video.path = \"clip.mp4\"\n\n[[lane]]"),
    ("duplicate_camera", "[[lane]]", "[[camera]]\nname = \"in-2-front\"\nsource.video.path = \"clip.mp4\"\n\n[[lane]]"),
    (
        "duplicate_lane",
        "[[lane]]",
        "[[lane]]\nname = \"in-2\"\ncamera = \"in-2-front\"\nzone = [[0, 0], [0.2, 0], [0, 0.2]]\n\n[[lane]]",
    ),
    (
        "two_lanes_of_which_one_takes_the_whole_picture",
        "[[lane]]",
        "[[lane]]\nname = \"in-1\"\ncamera = \"in-2-front\"\n\n[[lane]]",
    ),
    ("lane_with_single_brackets", "[[lane]]", "[lane]"),
    ("broker_with_two_brackets", "[mqtt]", "[[mqtt]]"),
    ("lane_twice_with_single_brackets", "[[lane]]", "[lane]\nname = \"in-1\"\n\n[lane]"),
    ("zone_with_two_points", "[0.9, 0.9], [0.3, 0.9]]", "]"),
    ("zone_in_pixels", "[0.9, 0.9]", "[1728, 972]"),
    ("zone_that_crosses_itself", "[0.9, 0.9], [0.3, 0.9]", "[0.3, 0.9], [0.9, 0.9]"),
    ("zone_with_a_point_of_three_numbers", "[0.9, 0.9]", "[0.9, 0.9, 0.1]"),
    ("unknown_country", "\"CN\"", "\"China\""),
    ("no_country", "[\"VN\", \"CN\"]", "[]"),
    ("not_toml", "port = 1883", "port 1883"),
    ("text_without_quotes", "\"huu-nghi\"", "huu-nghi"),
    ("password_in_a_file_that_is_not_toml", "port = 1883", "password = \"geheim"),
    ("key_given_twice", "port = 1883", "port = 1883\nport = 8883"),
    (
        "several_at_once",
        "huu-nghi\"\ngate = \"g1\"\n\n[mqtt]\nhost = \"127.0.0.1\"\nport = 1883",
        "a b\"\n\n[mqtt]\nhots = \"h\"\nport = 0\nzone = []",
    ),
];

fn all_mistakes() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    let others =
        [collisions::MISTAKES, console::MISTAKES, destinations::MISTAKES, evidence::MISTAKES, plates::MISTAKES];
    [MISTAKES, typing::MISTAKES].into_iter().chain(others).flatten()
}

/// A folder with the files that the configs here name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for path in ["pictures", "uploads"] {
        fs::create_dir(folder.path().join(path)).expect("the folder can be made");
    }
    fs::write(folder.path().join("clip.mp4"), "no video, but a file").expect("the file can be written");
    destinations::put_secrets_into(folder.path());
    for name in ["gate", "other"] {
        let key = rcgen::KeyPair::generate().expect("a key can be made");
        let params = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate can be made");
        fs::write(folder.path().join(format!("{name}.pem")), certificate.pem()).expect("the file can be written");
        fs::write(folder.path().join(format!("{name}.key")), key.serialize_pem()).expect("the file can be written");
    }
    folder
}

/// What `gatelpr check` prints, paths of the folder shortened; and whether it was content.
fn checked(folder: &TempDir, file: &Path) -> (String, bool) {
    let args = check::Args { file: ConfigFile::at(file), probe: false };
    let mut out = Vec::new();
    let code = check::run(&args, &mut out).expect("a vector can be written to");
    let content = code == ExitCode::SUCCESS;
    assert!(content || code == ExitCode::from(check::PROBLEMS));
    let text = String::from_utf8(out).expect("the output is text");
    (text.replace(&format!("{}/", folder.path().display()), ""), content)
}

fn refusal(bytes: &[u8]) -> String {
    let folder = folder();
    let file = folder.path().join("gatelpr.toml");
    fs::write(&file, bytes).expect("the file can be written");
    let (text, content) = checked(&folder, &file);
    assert!(!content, "this is refused:\n{}\n{text}", String::from_utf8_lossy(bytes));
    text
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, text) });
}

#[test]
fn each_mistake_gets_a_message_with_its_place_and_a_remedy() {
    for (name, right, wrong) in all_mistakes() {
        assert!(GOOD.contains(right), "{name} changes something");
        let text = GOOD.replacen(right, wrong, 1);
        snapshot(&format!("mistake_{name}"), &refusal(text.as_bytes()));
    }
}

#[test]
fn a_file_that_is_no_text_or_empty_is_refused_with_the_reason() {
    snapshot("file_empty", &refusal(b""));
    let latin1 = GOOD.as_bytes().to_vec().into_iter().map(|byte| if byte == b'h' { 0xfc } else { byte });
    snapshot("file_not_utf8", &refusal(&latin1.collect::<Vec<u8>>()));
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_reason() {
    let folder = folder();
    snapshot("file_missing", &checked(&folder, &folder.path().join("gate.toml")).0);
    snapshot("file_is_a_folder", &checked(&folder, &folder.path().join("pictures")).0);
    let large = folder.path().join("large.toml");
    let size = usize::try_from(Config::MAX_BYTES).expect("it fits") + 1;
    fs::File::create(&large).and_then(|mut file| file.write_all(&vec![b'\n'; size])).expect("the file can be written");
    snapshot("file_too_large", &checked(&folder, &large).0);
}

#[test]
fn a_right_file_is_answered_with_what_it_sets_up() {
    let folder = folder();
    let side_numbers = format!("{GOOD}side_numbers = true\n");
    fs::write(folder.path().join("staff.csv"), "12C-123.45\n???\n").expect("the file can be written");
    let staff = "[[list]]\nname = \"staff\"\nkind = \"allow\"\nfile = \"staff.csv\"\npublish = true\n\
                 pulse = { lane = \"in-2\", chip = \"/dev/gpiochip0\", line = 27 }\n\
                 [[list]]\nname = \"wanted\"\nkind = \"watch\"\nfile = \"wanted.csv\"\n[mqtt]";
    let lists = GOOD.replacen("[mqtt]", staff, 1);
    for (name, text) in
        [("small", GOOD), ("reference", REFERENCE), ("with_side_numbers", &side_numbers), ("with_lists", &lists)]
    {
        let file = folder.path().join("gatelpr.toml");
        fs::write(&file, text).expect("the file can be written");
        let (text, content) = checked(&folder, &file);
        assert!(content, "{text}");
        snapshot(&format!("right_{name}"), &text);
    }
}

#[test]
fn side_numbers_are_asked_of_the_detector_if_a_lane_wants_them() {
    let folder = folder();
    let asked = |text: &str| {
        let config = Config::parse(text, "gatelpr.toml", folder.path()).expect("it is right");
        config.inference.model_choice(NonZeroUsize::MIN, &config.lanes).side_numbers
    };
    assert!(!asked(GOOD));
    assert!(asked(&format!("{GOOD}side_numbers = true\n")));
}

#[test]
fn a_lane_reads_the_plates_of_a_country_that_the_file_describes() {
    let folder = folder();
    let laos = "[[country]]\ncode = \"LA\"\nname = \"Laos\"\npatterns = [\"LL DDDD\"]\n[mqtt]";
    let text = GOOD.replace("[mqtt]", laos).replace("\"CN\"", "\"LA\", \"CN\"");
    let config = Config::parse(&text, "gatelpr.toml", folder.path()).expect("it is right");
    let countries = &config.lanes[0].rules.agreement.countries;
    assert_eq!(countries.iter().map(|country| country.code()).collect::<Vec<_>>(), ["VN", "LA", "CN"]);
    assert!(countries[1].templates().iter().any(|template| template.matches("AB1234")));
    assert_eq!(config.countries, [countries[1]]);
}

#[test]
fn no_message_shows_a_password() {
    for key in ["password", "pasword", "passwd", "\"password\""] {
        for value in ["\"geheim\"", "geheim", "\"geheim", "\"\"\"\ngeheim\n", "[\"geheim\"]", "{ a = \"geheim\" }"] {
            let text = refusal(GOOD.replacen("port = 1883", &format!("{key} = {value}"), 1).as_bytes());
            assert!(!text.contains("geheim"), "{text}");
        }
    }
}

#[test]
fn a_problem_in_one_table_hides_none_in_another() {
    let text = ["site", "mqtt", "outbox", "inbound", "inference", "[camera]", "camera.source", "[lane]"];
    let text: String = text.iter().map(|table| format!("[{table}]\ncolour = 1\n")).collect();
    let problems = Config::parse(&text, "gatelpr.toml", Path::new("/")).expect_err("everything is wrong");
    let problems = problems.to_string();
    for table in
        ["[site]", "[mqtt]", "[outbox]", "[inbound]", "[inference]", "[[camera]]", "[camera.source]", "[[lane]]"]
    {
        assert!(problems.contains(&format!("unknown key `colour` in {table}\n")), "{table}: {problems}");
    }
    for key in ["`name` is missing in [site]", "`host` is missing in [mqtt]", "`name` is missing in [[lane]]"] {
        assert!(problems.contains(key), "{key}: {problems}");
    }
}

#[test]
fn more_problems_than_anybody_reads_are_counted() {
    let text: String = (0..200).map(|n| format!("[[lane]]\nx{n} = 1\n")).collect();
    let many = Config::parse(&text, "gatelpr.toml", Path::new("/")).expect_err("everything is wrong");
    assert_eq!(many.problems().len(), 603, "a strange key and two missing ones per lane, three missing tables");
    assert!(many.to_string().ends_with("problems in gatelpr.toml, the first 50 shown"), "{many}");
    assert_eq!(many.to_string().matches("error: ").count(), 50);
}

#[test]
fn the_place_of_a_problem_is_counted_from_one_in_characters() {
    let text = "[site]\nname = \"Hữu Nghị\"\ngate = \"g1\" # đ\n";
    let problems =
        Config::parse(text, "gatelpr.toml", Path::new("/")).expect_err("a name is wrong and tables are missing");
    let places: Vec<_> = problems.problems().iter().map(|problem| problems.line_and_column(problem)).collect();
    assert_eq!(places, [None, None, None, Some((2, 8))]);
}

#[test]
fn the_hash_is_that_of_the_files_bytes() {
    let folder = folder();
    let config = Config::parse(GOOD, "gatelpr.toml", folder.path()).expect("it is right");
    let file = folder.path().join("gatelpr.toml");
    fs::write(&file, GOOD).expect("the file can be written");
    let loaded = Config::load(&file).expect("it is right");
    assert_eq!(loaded.config_sha256(), config.config_sha256());
    assert_eq!(loaded.config_sha256().len(), 64);
    assert_eq!(loaded, config);
}
