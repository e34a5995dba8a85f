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
    ("country_that_is_not_described", "\"CN\"", "\"CN\", \"KH\""),
];
