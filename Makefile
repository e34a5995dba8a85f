# `make help` says what there is. Every target does what is missing, says so, and does nothing twice.

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-usb lint bench

help: ## Show this help.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is absent, build, and fetch the models and the ONNX Runtime.
	@scripts/setup.sh

demo: setup ## See plates come out of a real MQTT broker. SOURCE=file-or-folder reads your own recording.
	@scripts/demo.sh "$(SOURCE)"

test: ## Run every test; sets up first.
	@scripts/setup.sh --for-tests
	cargo test --locked --no-fail-fast

test-usb: ## Test USB cameras against a virtual one, in a virtual machine; takes minutes.
	@scripts/test_usb.sh

lint: ## Check format, lints, documentation, licences and advisories.
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
	scripts/deny.sh

bench: setup ## Measure detector, reader and pipeline, beside the bare models' time.
	cargo bench --locked
