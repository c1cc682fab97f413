#!/bin/sh
# The main job on the simulator, as one would show it to a colleague: make demo
set -eu

scenario=$(cd "$(dirname "$0")/../examples/scenarios/fourth-coffee" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -R "$scenario" "$folder/fourth-coffee"
cd "$folder"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi

heading() { # a number and title, then what happens and why
    printf '\n%s%s%s\n' "$bold" "$1" "$plain"
    shift
    printf '%s\n' "$@" ''
}

run() { # show a command as one would type it, and run it
    printf '%s$ %s%s\n' "$bold" "$1" "$plain"
    sh -c "$1" 2>&1
}

heading "1. Plan" \
    "Fourth Coffee is no customer yet. Four files of YAML describe what it shall have: a tenant, an Azure plan," \
    "two subscriptions, a network. The plan says what is missing. It asks, and writes nothing."
run "cspctl --simulate plan fourth-coffee"

heading "2. Apply what was reviewed" \
    "Parents first. Each step waits until Microsoft's services show its result, so the next can stand on it." \
    "On the left minutes and seconds by the simulator's clock, which jumps over the waiting."
run "cspctl --simulate plan --output json fourth-coffee > plan.json"
run "cspctl --simulate apply --expect plan.json fourth-coffee"

heading "3. Plan again" \
    "There is no state file: everything is looked up, and everything is as described."
run "cspctl --simulate plan fourth-coffee"

heading "4. Somebody changes a DNS server in the portal" \
    "cspctl is not told."
run "cspctl simulator edit virtualNetworks/sea-vnet 'properties.dhcpOptions.dnsServers=[\"10.9.9.9\"]'"

heading "5. The next plan shows it" \
    "One line: what is live, and what the manifest says. Apply would put it back."
run "cspctl --simulate plan fourth-coffee"

heading "6. Where does that line come from?"
run "cspctl --simulate plan --explain fourth-coffee/VirtualNetwork/sea-vnet fourth-coffee"

heading "That was all of it" \
    "The same commands without --simulate work on your own Partner Center account: docs/tutorial.md says how."
