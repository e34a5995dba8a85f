# `make help` says what there is. Every target does what is missing, says so, and does nothing twice.

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-console chaos fuzz test-usb test-training package test-package lint soak bench bench-passages bench-peers train-reader train-detector fine-tune

help: ## Show this help.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is absent, build, and fetch the models and the ONNX Runtime.
	@scripts/setup.sh

demo: setup ## See plates come out of a real MQTT broker. SOURCE=file-or-folder reads your own recording.
	@scripts/demo.sh "$(SOURCE)"

test: ## Run every test; sets up first.
	@scripts/setup.sh --for-tests
	cargo test --locked --no-fail-fast

test-console: ## Test the console in a real browser. PICTURES=docs renews the pictures of docs/console.md.
	@scripts/setup.sh --for-tests
	npm --prefix tests/console ci --no-audit --no-fund --silent
	CONSOLE_PICTURES=$(PICTURES) npm --prefix tests/console test --silent

chaos: ## Let everything fail while 10,000 events a broker go out; takes a while. EVENTS= and SEED= as in tests/chaos.
	@scripts/setup.sh --for-tests
	EVENTS=$(or $(EVENTS),10000) cargo test --locked --test chaos

test-usb: ## Test USB cameras against a virtual one, in a virtual machine; takes minutes.
	@scripts/test_usb.sh

package: setup ## Make the Debian package: ARCH=amd64|arm64, this machine's if not given.
	@scripts/package.sh $(ARCH)

test-package: ## Install, run, upgrade, remove and purge the package in a Debian of its own; needs root, takes minutes.
	@scripts/setup.sh --for-tests
	@scripts/test_package.sh

fuzz: ## Fuzz what reads foreign bytes: TARGET=command|declared|kept_list|receipt|outbox|events|config SECONDS=60.
	@scripts/fuzz.sh "$(or $(TARGET),command)" "$(or $(SECONDS),60)"

lint: ## Check format, lints, documentation, licences and advisories.
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items
	scripts/deny.sh

soak: ## Let the daemon work as fast as it can, for half an hour and 200,000 pictures, and see that its memory stays flat. SOAK_S= SOAK_PICTURES=
	@scripts/setup.sh --for-tests
	SOAK_S=$(or $(SOAK_S),1800) SOAK_PICTURES=$(or $(SOAK_PICTURES),200000) cargo test --locked --test end_to_end soak:: -- --nocapture

bench: setup ## Measure detector, reader, pipeline and delivery, beside the bare models and the bare MQTT client.
	PASSAGES=$(or $(PASSAGES),40) cargo bench --locked

bench-passages: setup ## Measure what is told of 500 drawn vehicles and a real toll lane; takes long. MODELS=first|ours|ours+second PASSAGES= ONLY=night.
	cargo bench --locked --bench passages

bench-peers: setup ## Measure gatelpr beside other plate readers on ../shared/plates; takes long. PICTURES=20 ROUNDS=3.
	@PICTURES=$(PICTURES) ROUNDS=$(ROUNDS) benches/peers/run.sh

train-reader: ## Train the plate reader on rendered plates; goes on where it was stopped.
	@$(MAKE) --no-print-directory -C models/training train-reader

train-detector: ## Train the plate detector on rendered scenes; goes on where it was stopped.
	@$(MAKE) --no-print-directory -C models/training train-detector

fine-tune: ## Teach the reader your gate's plates: DATA=folder of labelled crops. Installs nothing that reads worse.
	@$(MAKE) --no-print-directory -C models/training fine-tune DATA="$(if $(DATA),$(abspath $(DATA)))"

test-training: ## Test the models' training; installs PyTorch beside it, so it takes minutes the first time.
	@$(MAKE) --no-print-directory -C models/training test
