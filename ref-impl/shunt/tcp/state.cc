// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/state.hh"

#include "shunt/base/assert.hh"
#include "shunt/base/mutant.hh"

namespace shunt::tcp {

std::string_view to_string(State state) {
    switch (state) {
        case State::Closed:
            return "CLOSED";
        case State::SynSent:
            return "SYN-SENT";
        case State::SynReceived:
            return "SYN-RECEIVED";
        case State::Established:
            return "ESTABLISHED";
        case State::FinWait1:
            return "FIN-WAIT-1";
        case State::FinWait2:
            return "FIN-WAIT-2";
        case State::CloseWait:
            return "CLOSE-WAIT";
        case State::Closing:
            return "CLOSING";
        case State::LastAck:
            return "LAST-ACK";
        case State::TimeWait:
            return "TIME-WAIT";
    }
    assertion_failed("state", "an enumerator is one of its list", __FILE__, __LINE__);
}

bool is_synchronized(State state) {
    switch (state) {
        case State::Closed:
        case State::SynSent:
        case State::SynReceived:
            return false;
        case State::Established:
        case State::FinWait1:
        case State::FinWait2:
        case State::CloseWait:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            return true;
    }
    assertion_failed("state", "an enumerator is one of its list", __FILE__, __LINE__);
}

bool has_peer_finished(State state) {
    switch (state) {
        case State::Closed:
        case State::CloseWait:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            return true;
        case State::SynSent:
        case State::SynReceived:
        case State::Established:
        case State::FinWait1:
        case State::FinWait2:
            return false;
    }
    assertion_failed("state", "an enumerator is one of its list", __FILE__, __LINE__);
}

bool can_send(State state) {
    switch (state) {
        case State::SynSent:
        case State::SynReceived:
        case State::Established:
        case State::CloseWait:
            return true;
        case State::Closed:
        case State::FinWait1:
        case State::FinWait2:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            return false;
    }
    assertion_failed("state", "an enumerator is one of its list", __FILE__, __LINE__);
}

bool can_move(State state) {
    if (is_mutant(Mutant::MovesEstablishedAlone) && state != State::Established) return false;
    return is_synchronized(state) && state != State::TimeWait;
}

std::string_view to_string(Event event) {
    switch (event) {
        case Event::Established:
            return "established";
        case Event::Urgent:
            return "urgent";
        case Event::Readable:
            return "readable";
        case Event::Writable:
            return "writable";
        case Event::Unreachable:
            return "unreachable";
        case Event::Unanswered:
            return "unanswered";
        case Event::PeerFinished:
            return "peer-finished";
        case Event::Closed:
            return "closed";
        case Event::Reset:
            return "reset";
        case Event::TimedOut:
            return "timed-out";
    }
    assertion_failed("event", "an enumerator is one of its list", __FILE__, __LINE__);
}

}  // namespace shunt::tcp
