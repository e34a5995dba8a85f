#!/usr/bin/env bash
# What the package does, claim by claim, inside of the test's Debian; see scripts/test_package.sh.
set -uo pipefail
cd /srv/test
export DEBIAN_FRONTEND=noninteractive

failed=0
claim() {
    local what="$1" said
    shift
    if said="$("$@" 2>&1)"; then
        printf 'ok      %s\n' "$what"
    else
        failed=$((failed + 1))
        printf 'FAILED  %s\n%s\n' "$what" "$(sed 's/^/        /' <<<"$said")"
    fi
}

# The same, for what needs a moment.
soon() {
    local try
    for try in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.2
    done
    "$@"
}

is() { [[ "$1" == "$2" ]] || { printf 'is %s and should be %s\n' "$1" "$2"; return 1; }; }
has() { grep -qF -- "$2" <<<"$1" || { printf 'does not have %s:\n%s\n' "$2" "$1"; return 1; }; }
absent() { [[ ! -e "$1" ]] || { echo "$1 is there"; return 1; }; }
owned() { is "$(stat -c '%U:%G %a' "$1")" "$2"; }
shown() { systemctl show gatelpr --property "$1" --value; }
journal() { journalctl --unit gatelpr --boot --no-pager "$@"; }

install_first() { dpkg --install gatelpr-1.deb; }

nothing_belongs_to_others() {
    local path wrong=0
    while read -r path; do
        case "$(stat -c '%U:%G %a %F' "$path")" in
            'root:root 755 directory' | 'root:root 644 regular file' | 'root:root '*' symbolic link') ;;
            'root:root 755 regular file') [[ "$path" == /usr/bin/gatelpr ]] || { echo "$path is executable"; wrong=1; } ;;
            *) stat -c '%n %U:%G %a' "$path"; wrong=1 ;;
        esac
    done < <(dpkg --listfiles gatelpr)
    return $wrong
}

as_packed() { is "$(dpkg --verify gatelpr)" ''; }
check_says_what_is_to_be_edited() {
    local said
    said="$(gatelpr check)"
    is $? 2 && has "$said" /etc/gatelpr/gatelpr.toml && has "$said" '[site]' && has "$said" '[[camera]]'
}
unedited_it_does_not_start_and_says_why() {
    systemctl start gatelpr && { echo 'it starts'; return 1; }
    soon journal_has '[[camera]]'
    systemctl stop gatelpr
}
journal_has() { has "$(journal --output cat)" "$1"; }
manual_pages() { ls /usr/share/man/man1/gatelpr.1.gz /usr/share/man/man1/gatelpr-run.1.gz /usr/share/man/man1/gatelpr-models-verify.1.gz; }
models_are_right() { gatelpr models --models /usr/share/gatelpr/models --runtime /usr/lib/gatelpr verify; }

a_broker() {
    printf 'listener 1883 127.0.0.1\nallow_anonymous false\npassword_file /etc/mosquitto/gate\n' >/etc/mosquitto/conf.d/gate.conf
    mosquitto_passwd -b -c /etc/mosquitto/gate gate-g1 opensesame 2>/dev/null
    chown mosquitto: /etc/mosquitto/gate
    systemctl restart mosquitto
}

a_gate() {
    install -m 600 /dev/stdin /etc/gatelpr/mqtt-password <<<opensesame
    mkdir -p /etc/systemd/system/gatelpr.service.d
    printf '[Service]\nLoadCredential=mqtt-password:/etc/gatelpr/mqtt-password\nWatchdogSec=20\n' \
        >/etc/systemd/system/gatelpr.service.d/gate.conf
    cat >/etc/gatelpr/gatelpr.toml <<CONFIG
# edited by the operator
[site]
name = "test"
gate = "g1"
[mqtt]
host = "127.0.0.1"
username = "gate-g1"
password_credential = "mqtt-password"
[inference]
detector = "gatelpr-detector"
recogniser = "gatelpr-reader"
[[camera]]
name = "front"
[camera.source.folder]
path = "/srv/test/gate/camera-1"
repeat = true
[[lane]]
name = "lane-1"
camera = "front"
zone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]
CONFIG
    systemctl daemon-reload
    systemctl start gatelpr
}

a_passage() { timeout 300 mosquitto_sub -h 127.0.0.1 -u gate-g1 -P opensesame -t 'gatelpr/v1/test/g1/lane/lane-1/passage' -C 1 | grep -q '"plate"'; }
has_started() { is "$(shown Type) $(shown ActiveState) $(shown SubState)" 'notify active running'; }
status_text() { has "$(shown StatusText)" 'cameras running: 1 of 1'; }
not_stopped_by_its_cage() { is "$(journal --output cat | grep -iE 'operation not permitted|bad system call|EPERM')" ''; }
memory_cannot_be_made_executable() {
    is "$(shown MemoryDenyWriteExecute)" yes && is "$(awk '/^Seccomp:/ { print $2 }' "/proc/$(shown MainPID)/status")" 2
}
passage_line() { journal --output cat | grep -E '^passage lane=lane-1 .*plate='; }
passage_fields() { [[ -n "$(journal GATELPR_LANE=lane-1 --output json)" ]] && [[ -n "$(journal GATELPR_CAMERA=front --output cat)" ]]; }

# In the service's own view of the file system, as its user.
given_its_folder_it_may_save_its_config() {
    chown gatelpr: /etc/gatelpr /etc/gatelpr/gatelpr.toml
    nsenter --target "$(shown MainPID)" --mount --root \
        setpriv --reuid gatelpr --regid gatelpr --clear-groups touch /etc/gatelpr/gatelpr.toml.new
    local wrote=$?
    rm -f /etc/gatelpr/gatelpr.toml.new
    chown root: /etc/gatelpr /etc/gatelpr/gatelpr.toml
    return $wrote
}

another_main() { [[ "$(shown MainPID)" != "$1" ]] && has_started; }
frozen_it_is_started_again() {
    local main
    main="$(shown MainPID)"
    kill -STOP "$main"
    soon another_main "$main" && has "$(shown NRestarts)" 1
}

upgrade() {
    local main
    main="$(shown MainPID)"
    dpkg --install gatelpr-2.deb
    soon another_main "$main"
}
upgraded() { is "$(dpkg-query --show --showformat '${Version}' gatelpr | cut -d- -f2)" 2; }
config_is_the_operators() { has "$(cat /etc/gatelpr/gatelpr.toml)" 'edited by the operator'; }

stops_in_order() {
    systemctl stop gatelpr
    is "$(shown Result) $(shown ActiveState)" 'success inactive'
}
nothing_is_lost() {
    CREDENTIALS_DIRECTORY=/etc/gatelpr gatelpr verify --config /etc/gatelpr/gatelpr.toml /var/lib/gatelpr/archive/*.jsonl
}

claim 'it installs' install_first
claim 'every file is root'"'"'s, and only the program is executable' nothing_belongs_to_others
claim 'every file is as it was packed' as_packed
claim 'there is a user for the service' getent passwd gatelpr
claim 'there is a manual page of every command' manual_pages
claim 'models and runtime are as they are pinned' models_are_right
claim 'it is neither enabled nor started by itself' is "$(systemctl is-enabled gatelpr)$(systemctl is-active gatelpr)" disabledinactive
claim 'the config says what is to be edited' check_says_what_is_to_be_edited
claim 'unedited it does not start, and the journal says why' unedited_it_does_not_start_and_says_why
claim 'a broker runs' a_broker
claim 'it starts with a config and a credential' a_gate
claim 'it has said that it is ready' has_started
claim 'its folder is its own' owned /var/lib/gatelpr 'gatelpr:gatelpr 700'
claim 'passages arrive at the broker' a_passage
claim 'systemctl status says how it fares' soon status_text
claim 'it runs with all its restrictions' memory_cannot_be_made_executable
claim 'no restriction is in its way' not_stopped_by_its_cage
claim 'the journal has a line for each passage' soon passage_line
claim 'the journal has lanes and cameras as fields' passage_fields
claim 'the runtime keeps nothing to report' absent /var/lib/gatelpr/.cache
claim 'given its folder, it may save its config' given_its_folder_it_may_save_its_config
claim 'frozen, it is started again' frozen_it_is_started_again
claim 'it is upgraded, and runs again' upgrade
claim 'to the newer version' upgraded
claim 'an upgrade leaves the config' config_is_the_operators
claim 'it stops in order' stops_in_order
claim 'what was delivered is whole and signed' nothing_is_lost
claim 'it is removed' dpkg --remove gatelpr
claim 'without its program' absent /usr/bin/gatelpr
claim 'a removal leaves the config' config_is_the_operators
claim 'a removal leaves the events' owned /var/lib/gatelpr/outbox.sqlite 'gatelpr:gatelpr 600'
claim 'it is purged' dpkg --purge gatelpr
claim 'a purge leaves no config' absent /etc/gatelpr
claim 'a purge leaves no events' absent /var/lib/gatelpr

exit $((failed > 0))
