//! Mistakes in which two things are one, or lie in each other's way: name, what is replaced, and by what.

pub(crate) const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "zone_of_another_lane",
        "[[lane]]",
        "[[lane]]\nname = \"in-1\"\ncamera = \"in-2-front\"\nzone = [[0.3, 0.4], [0.9, 0.4], [0.9, 0.9], [0.3, 0.9]]\n\n[[lane]]",
    ),
    (
        "usb_camera_given_twice",
        "[[lane]]",
        "[[camera]]\nname = \"a\"\nsource.usb.device_name = \"C920\"\n\n[[camera]]\nname = \"b\"\nsource.usb.device_name = \"C920\"\n\n\
         [[lane]]\nname = \"a\"\ncamera = \"a\"\n\n[[lane]]\nname = \"b\"\ncamera = \"b\"\n\n[[lane]]",
    ),
    (
        "uploads_of_two_cameras_in_one_folder",
        "[[lane]]",
        "[[camera]]\nname = \"a\"\nsource.watched_folder.path = \"uploads\"\n\n[[camera]]\nname = \"b\"\n\
         source.watched_folder.path = \"uploads\"\n\n[[lane]]\nname = \"a\"\ncamera = \"a\"\n\n[[lane]]\nname = \"b\"\n\
         camera = \"b\"\n\n[[lane]]",
    ),
    (
        "uploads_among_the_pictures_of_events",
        "[camera.source.video]\npath = \"clip.mp4\"",
        "[camera.source.watched_folder]\npath = \"uploads\"\n[evidence]\ndirectory = \"uploads\"",
    ),
    ("evidence_in_the_outbox", "[mqtt]", "[evidence]\ndirectory = \"/var/lib/gatelpr\"\n[mqtt]"),
    (
        "plates_among_the_hashes",
        "[mqtt]",
        "[mirrors.analytics]\ntopic_root = \"gatelpr/v1\"\nkey_file = \"analytics-key\"\n[mqtt]",
    ),
    ("topic_root_with_an_empty_level", "port = 1883", "topic_root = \"gates//{site}/{gate}\""),
    ("topic_root_with_a_space", "port = 1883", "topic_root = \"my gates/{gate}\""),
    (
        "mirrors_with_topics_that_are_none",
        "[mqtt]",
        "[mirrors.onvif_events]\ntopic_prefix = \"onvif/+\"\n[mirrors.home_assistant]\ndiscovery_prefix = \"/ha\"\n[mqtt]",
    ),
];
