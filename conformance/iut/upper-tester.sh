#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An upper tester as a command, to begin from: the judge starts it once for each request, with the
# verb as argument and the request's line on standard input. It prints one line, the answer; without
# one, exit code 0 is {"ok":true}. What it does not know it ends with exit code 127, and the cases
# that need it are UNSUPPORTED, which says more than a wrong answer.
#
#   upper_tester = "command:conformance/iut/upper-tester.sh"

verb=$1
read -r request

# The value of a text member of the request: `member connection`, `member to`.
member() {
    printf '%s\n' "$request" | sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"
}

case $verb in
hello)
    echo '{"ok":true,"result":{"name":"sample"}}'
    ;;
capabilities)
    echo '{"ok":true,"result":{"verbs":["hello","capabilities"]}}'
    ;;
# What a device's own tool does goes here. Failing is an answer, too:
# migrate)
#     my-device-tool move "$(member connection)" --to "$(member to)" ||
#         echo '{"ok":false,"error":"refused","text":"my-device-tool has failed"}'
#     ;;
*)
    exit 127
    ;;
esac
