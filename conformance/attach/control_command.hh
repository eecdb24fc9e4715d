// SPDX-License-Identifier: Apache-2.0
/// An upper tester that is a command: started once for each request, with the verb as its argument
/// and the request's line on its standard input; what it prints is the answer.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "attach/descriptor.hh"
#include "attach/upper_tester_channel.hh"

namespace conform {

class ControlCommand : public UpperTesterChannel {
  public:
    static constexpr std::size_t kOutputMax = std::size_t{1} << 20;
    static constexpr std::size_t kRequestMax = std::size_t{32}
                                               << 10;  ///< what a pipe takes at once
    static constexpr std::size_t kWaitingMax = 64;

    /// Throws AttachmentError where `path` cannot be executed. A command that takes longer than
    /// `patience` is ended, and its request has failed.
    explicit ControlCommand(std::string path,
                            std::chrono::milliseconds patience = std::chrono::seconds(30));
    /// Ends what is still running.
    ~ControlCommand() override;

    /// Requests run one after the other, in the order of sending. Throws AttachmentError for one
    /// that is too long, or that no longer waits its turn.
    void send(const std::string& line) override;
    /// Exit code 127 is the answer `unsupported`, silence with exit code 0 is a plain `ok`, and an
    /// answer needs no `id` of its own. Throws DeviceMisbehaves for more than kOutputMax bytes.
    std::vector<std::string> take() override;

  private:
    void start_next();
    /// True if it has ended; what it printed is in `output_`.
    bool follow();
    void read_output();
    void end();
    std::string answer() const;

    std::string path_;
    std::chrono::milliseconds patience_;
    std::deque<std::string> waiting_;
    std::string running_;  ///< the request of the command that runs
    pid_t pid_ = -1;
    int status_ = 0;
    bool is_late_ = false;
    std::chrono::steady_clock::time_point give_up_;
    Descriptor pipe_;
    std::string output_;
};

}  // namespace conform
