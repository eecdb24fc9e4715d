// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/verbs.hh"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::app::ctl {
namespace {

constexpr std::string_view kOptions = R"(Options, before or behind the command:
  --control PATH    the node's control socket; else the environment's SHUNT_CONTROL
  --json            the answer as the node gives it, one JSON object a line
  --watch           again and again, until interrupted (state, counters, members, tables)
  --interval S      with --watch, --wait: seconds between two looks, 1 to 3600 (default 1)
  --help            this text; behind a command: that command's
  --version         the version
)";

constexpr std::string_view kExitCodes =
    R"(Exit codes: 0 ok; 1 the node has refused; 2 usage, or no node answers at the socket; 3 the
node did not answer what it should; 127 the node does not know the command; 130 interrupted.
)";

constexpr Verb kVerbs[] = {
    {"hello", "", "who the node is",
     R"(Name, id and farm of the node, its version, and whether its time is the machine's.

Example:
  shuntctl --control /run/shunt/s1.sock hello
)",
     0, 0, ""},
    {"capabilities", "", "what the node can do",
     R"(Its verbs, profiles, roles, the farm's binding and Type value, and which endpoints can move.

Example:
  shuntctl --control /run/shunt/s1.sock capabilities
)",
     0, 0, ""},
    {"state", "", "the node at a glance",
     R"(Connections, time, how often it was started, and the number of rows of each table.

Examples:
  shuntctl --control /run/shunt/s1.sock state
  shuntctl --control /run/shunt/s1.sock --watch --interval 5 state
)",
     0, 0, " watch "},
    {"tables", "[TABLE]", "every table with its rows",
     R"(The connection tables (temporary, local, forward, forward_connect), server_state,
listening_sockets, url_map. With TABLE those whose name begins with it.

Examples:
  shuntctl --control /run/shunt/s1.sock tables
  shuntctl --control /run/shunt/s1.sock tables forward
  shuntctl --control /run/shunt/s1.sock --json tables local | jq -r '.local[].connection'
)",
     0, 1, " watch "},
    {"counters", "[BEGINNING]", "what the node has counted",
     R"(Counters that are not zero; docs/counters.md says what each counts. With BEGINNING those
whose name begins with it. With --watch also what each has grown by since the last look.

Examples:
  shuntctl --control /run/shunt/s1.sock counters
  shuntctl --control /run/shunt/s1.sock counters drop.
  shuntctl --control /run/shunt/s1.sock --watch counters forward
)",
     0, 1, " watch "},
    {"members", "", "the servers of the farm, as this one sees them",
     R"(Name, id and addresses of each, and the state of the channel to it.

Examples:
  shuntctl --control /run/shunt/s1.sock members
  shuntctl --control /run/shunt/s1.sock --watch members
)",
     0, 0, " watch "},
    {"sessions", "", "sessions that the node knows the server of",
     R"(Example:
  shuntctl --control /run/shunt/s1.sock sessions
)",
     0, 0, ""},
    {"migrate", "CONNECTION SERVER", "move a connection to another server",
     R"(CONNECTION is CLIENT:PORT>SERVICE:PORT/tcp or /udp, as tables prints it; quote it, for a
shell takes > for itself. The answer says that the move has begun; tables show
how it ends.

Examples:
  shuntctl --control /run/shunt/s1.sock migrate '10.7.0.9:4711>10.7.1.1:80/tcp' s2
  shuntctl --control /run/shunt/s1.sock migrate '10.7.0.9:5000>10.7.1.1:5353/udp' s3
)",
     2, 2, ""},
    {"drain", "[--wait S] [--stop | --status]", "move every connection to other servers",
     R"(From now on the server takes no connection from another, gives new ones to others, and moves
those that it has to servers that state selects, some at once ([drain] in farm.toml); one that came
from another server goes back to its home. Where nobody takes one it goes on being served, and is
tried again; the answer says which and why. It comes at once; with --wait when nothing is left,
after S seconds at most (1 to 86400), with a line every --interval S meanwhile, and the exit code is
1 if something is left. --status only says how far it is, --stop ends it: what has moved stays where
it is. A server goes on forwarding what has moved away from its own addresses, and is not to be
switched off before those connections have ended.

Examples:
  shuntctl --control /run/shunt/s1.sock drain --wait 60
  shuntctl --control /run/shunt/s1.sock drain --status
  shuntctl --control /run/shunt/s1.sock --json drain --wait 10 --interval 2 | jq .left
  shuntctl --control /run/shunt/s1.sock drain --stop
)",
     0, 0, " wait stop status "},
    {"listen", "PORT [--udp] [--application A] [--select S] [--close]",
     "open or close a listener while the node runs",
     R"(Opens PORT on every service address of this server: with the application that farm.toml
names for it, else with A: http, or echo of UDP. S is connect (default) or request. With --close
the port is closed; connections that are there go on. A restart of the program forgets what was
changed.

Examples:
  shuntctl --control /run/shunt/s1.sock listen 8080 --select request
  shuntctl --control /run/shunt/s1.sock listen 5353 --udp
  shuntctl --control /run/shunt/s1.sock listen 80 --close
)",
     1, 1, " udp application select close "},
    {"object", "create CLASS [TEXT] [--on SERVER] | call HANDLE [TEXT] | release HANDLE | list",
     "make, call and release objects of named classes",
     R"(create makes an object of CLASS, of TEXT or of nothing, where the node sees fit or on SERVER
and prints its handle; it is there until it is released, or its server, its process or this node
is lost. call gives the object TEXT, or nothing, and prints the result. list shows the handles that
this node has given, the objects that live on it, and the classes that it has. With --json bytes
are base64.

Examples:
  shuntctl --control /run/shunt/s1.sock object create counter 5 --on s2
  shuntctl --control /run/shunt/s1.sock object call 0123456789abcdef 37
  shuntctl --control /run/shunt/s1.sock object release 0123456789abcdef
  shuntctl --control /run/shunt/s1.sock object list
)",
     1, 3, " on "},
    {"reset", "", "a fresh node with the same chance",
     R"(Connections, tables and counters are forgotten, listeners are those of farm.toml, and what
is drawn by chance is drawn again as at the last start. For tests.

Example:
  shuntctl --control /run/shunt/s1.sock reset
)",
     0, 0, ""},
    {"restart", "", "as after a crash: the node forgets everything",
     R"(Nobody is told. The node has another boot number, and other keys.

Example:
  shuntctl --control /run/shunt/s1.sock restart
)",
     0, 0, ""},
    {"kill", "", "end the node's process at once",
     R"(Nobody is told and nothing is cleaned up, as if the machine had lost its power.

Example:
  shuntctl --control /run/shunt/s1.sock kill
)",
     0, 0, ""},
    {"log-level", "[LEVEL]", "say or set what the node logs",
     R"(LEVEL is trace, debug, info, warn, error or off.

Examples:
  shuntctl --control /run/shunt/s1.sock log-level
  shuntctl --control /run/shunt/s1.sock log-level debug
)",
     0, 1, ""},
};

}  // namespace

std::span<const Verb> verbs() {
    return kVerbs;
}

const Verb* find_verb(std::string_view name) {
    const auto found = std::ranges::find(kVerbs, name, &Verb::name);
    return found == std::end(kVerbs) ? nullptr : &*found;
}

std::string overview() {
    std::string text =
        "shuntctl: ask a shunt-node that runs, and tell it what to do.\n\n"
        "Usage: shuntctl [options] COMMAND [arguments]\n\nCommands:\n";
    for (const Verb& verb : kVerbs)
        text += fmt::format("  {:<13} {}\n", verb.name, verb.summary);
    text += fmt::format("\n{}\n{}", kOptions, kExitCodes);
    text += R"(
Examples:
  shuntctl --control /run/shunt/s1.sock state
  SHUNT_CONTROL=/run/shunt/s1.sock shuntctl --watch counters drop.
  shuntctl migrate --help
)";
    return text;
}

std::string help_of(const Verb& verb) {
    return fmt::format("shuntctl {}: {}.\n\nUsage: shuntctl [options] {}{}{}\n\n{}\n{}", verb.name,
                       verb.summary, verb.name, verb.arguments.empty() ? "" : " ", verb.arguments,
                       verb.details, kOptions);
}

}  // namespace shunt::app::ctl
