//! Mistakes in what is said of plates: name, what is replaced, and by what.

pub(crate) const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "country_with_a_strange_pattern",
        "[mqtt]",
        "[[country]]\ncode = \"LA\"\nname = \"Laos\"\npatterns = [\"LLDDDD\", \"LLNNNN\"]\n[mqtt]",
    ),
    ("country_without_patterns", "[mqtt]", "[[country]]\ncode = \"LA\"\nname = \"\"\npatterns = []\n[mqtt]"),
    (
        "country_that_is_built_in",
        "[mqtt]",
        "[[country]]\ncode = \"VN\"\nname = \"Laos\"\npatterns = [\"LLDDDD\"]\n[mqtt]",
    ),
    (
        "country_given_twice",
        "[mqtt]",
        "[[country]]\ncode = \"LA\"\nname = \"Laos\"\npatterns = [\"LLDDDD\"]\n[[country]]\ncode = \"LA\"\nname = \"Laos\"\npatterns = [\"LLLDDDD\", \"LLLDDDD\"]\n[mqtt]",
    ),
    (
        "country_with_too_long_a_pattern",
        "[mqtt]",
        "[[country]]\ncode = \"LA\"\nname = \"Laos\"\npatterns = [\"LLLLDDDDDDDDD\"]\n[mqtt]",
    ),
    (
        "country_with_a_strange_region",
        "[mqtt]",
        "[[country]]\ncode = \"LA\"\nname = \"Laos\"\npatterns = [\"LLDDDD\"]\nregions = { \"ກຂ\" = \"Vientiane\" }\n[mqtt]",
    ),
    ("list_without_a_file", "[mqtt]", "[[list]]\nname = \"staff\"\nkind = \"alow\"\n[mqtt]"),
    (
        "list_given_twice",
        "[mqtt]",
        "[[list]]\nname = \"staff\"\nkind = \"allow\"\nfile = \"a.csv\"\n[[list]]\nname = \"staff\"\nkind = \"watch\"\nfile = \"b.csv\"\n[mqtt]",
    ),
    (
        "watch_list_that_opens_a_barrier",
        "[mqtt]",
        "[[list]]\nname = \"staff\"\nkind = \"watch\"\nfile = \"a.csv\"\npulse = { lane = \"in-2\", chip = \"/dev/gpiochip0\", line = 27 }\n[mqtt]",
    ),
    (
        "pulse_in_an_unknown_lane",
        "[mqtt]",
        "[[list]]\nname = \"staff\"\nkind = \"allow\"\nfile = \"a.csv\"\npulse = { lane = \"in-1\", line = 27, ms = 10, min_confidence = 0.1 }\n[mqtt]",
    ),
    (
        "pulse_longer_than_its_pause",
        "[mqtt]",
        "[[list]]\nname = \"staff\"\nkind = \"allow\"\nfile = \"a.csv\"\npulse = { lane = \"in-2\", chip = \"/dev/gpiochip0\", line = 27, ms = 3000, pause_s = 2 }\n[mqtt]",
    ),
    (
        "pulse_on_the_line_of_another",
        "[[lane]]",
        "[[list]]\nname = \"staff\"\nkind = \"allow\"\nfile = \"a.csv\"\npulse = { lane = \"in-2\", chip = \"/dev/gpiochip0\", line = 17 }\n[[list]]\nname = \"guests\"\nkind = \"allow\"\nfile = \"b.csv\"\npulse = { lane = \"in-2\", chip = \"/dev/gpiochip0\", line = 17 }\n[[lane]]\ngpio = { chip = \"/dev/gpiochip0\", line = 17 }",
    ),
    (
        "list_webhook_without_a_secret",
        "[mqtt]",
        "[[list]]\nname = \"staff\"\nkind = \"allow\"\nfile = \"a.csv\"\nwebhook.url = \"http://192.0.2.7/b\"\n[mqtt]",
    ),
    ("country_that_is_not_described", "\"CN\"", "\"CN\", \"KH\""),
];
