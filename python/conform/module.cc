// SPDX-License-Identifier: Apache-2.0
// shunt._conform: the judge for Python. It holds nothing of what it judges.
#include <fmt/format.h>
#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>

#include "app/run_setup.hh"
#include "app/runner.hh"
#include "binding/sealed_class.hh"
#include "iut/iut_file.hh"
#include "report/json.hh"

namespace conform::python {
namespace {

namespace py = pybind11;

/// A run and the judgement of it, which depends on whether SHOULD counts as MUST.
struct Judged {
    RunResult run;
    bool is_strict = false;
};

[[noreturn]] void raise(const char* type_name, const std::string& text) {
    const py::object type = py::module_::import("shunt.errors").attr(type_name);
    PyErr_SetString(type.ptr(), text.c_str());
    throw py::error_already_set();
}

std::vector<const CaseInfo*> select_or_raise(const std::vector<std::string>& selectors) {
    try {
        return select_cases(selectors);
    } catch (const UsageError& error) {
        raise("UsageError", error.what());
    }
}

std::optional<TimeKind> to_time(const std::optional<std::string>& name) {
    if (!name) return std::nullopt;
    if (*name == "virtual") return TimeKind::Virtual;
    if (*name == "wall") return TimeKind::Wall;
    throw py::value_error(fmt::format("time: expected 'virtual', 'wall' or None, got '{}'", *name));
}

using OnCase = std::function<void(const CaseResult&)>;

/// Runs without the interpreter's lock, which it takes between cases: for Ctrl-C and the callback.
RunResult run_unlocked(const Options& options, const Iut& iut,
                       const std::vector<const CaseInfo*>& cases, const OnCase& on_case) {
    const py::gil_scoped_release others_may_run;
    Runner runner(options, iut);
    return runner.run(
        cases,
        [](const CaseInfo&) {
            const py::gil_scoped_acquire locked;
            if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        },
        [&on_case](const CaseResult& result) {
            if (!on_case) return;
            const py::gil_scoped_acquire locked;
            on_case(result);
        });
}

Judged run(const std::string& iut_path, const std::vector<std::string>& selectors,
           const std::vector<std::string>& command, std::optional<std::uint64_t> seed,
           const std::optional<std::string>& time, const std::string& out, bool is_strict,
           const OnCase& on_case) {
    Options options;
    options.command = Options::Command::Run;
    options.selectors = selectors;
    options.iut_path = iut_path;
    options.seed = seed;
    options.time = to_time(time);
    options.out_path = out;
    options.is_strict = is_strict;
    options.device_command = command;
    options.run.devices = 1;  // callbacks come in the interpreter's own thread
    try {
        const std::vector<const CaseInfo*> cases = select_cases(selectors);
        const Iut iut = load_iut_file(iut_path);
        complete(options, iut);
        make_out_directory(out);
        return {run_unlocked(options, iut, cases, on_case), is_strict};
    } catch (const UsageError& error) {
        raise("UsageError", error.what());
    } catch (const IutFileError& error) {
        raise("UsageError", error.what());
    } catch (const AttachmentError& error) {
        raise("HarnessError", error.what());
    }
}

template <typename Strings>
py::tuple to_tuple(const Strings& strings) {
    py::tuple items(strings.size());
    for (std::size_t i = 0; i < strings.size(); ++i)
        items[i] = py::str(std::string(strings[i]));
    return items;
}

void bind_cases(py::module_& module) {
    py::class_<CaseInfo>(module, "CaseInfo", "A case of the suite.", binding::made_by_module())
        .def_property_readonly(
            "id", [](const CaseInfo& self) { return std::string(self.id); },
            "profile/section/claim-in-words; never changes.")
        .def_property_readonly(
            "claim", [](const CaseInfo& self) { return std::string(self.claim); }, "One sentence.")
        .def_property_readonly(
            "requirements", [](const CaseInfo& self) { return to_tuple(self.requirements); },
            "Ids of what it judges.")
        .def_property_readonly(
            "profile", [](const CaseInfo& self) { return std::string(self.profile); },
            "What a device must claim for it.")
        .def_property_readonly(
            "role", [](const CaseInfo& self) { return std::string(self.role); },
            "What the device is in it: home or target.")
        .def("__repr__", [](const CaseInfo& self) { return fmt::format("CaseInfo({})", self.id); });
    module.def(
        "cases",
        [](const std::vector<std::string>& selectors) {
            py::list infos;
            for (const CaseInfo* info : select_or_raise(selectors))
                infos.append(py::cast(info, py::return_value_policy::reference));
            return infos;
        },
        py::arg("selectors"),
        "The selected cases in the order of the protocol's pages; UsageError if there is none.");
}

void bind_verdicts(py::module_& module) {
    py::class_<Finding>(module, "Finding", "What a device did otherwise than a requirement says.",
                        binding::made_by_module())
        .def_readonly("requirement", &Finding::requirement, "Its id.")
        .def_readonly("expected", &Finding::expected, "What should have come.")
        .def_readonly("actual", &Finding::actual, "What came.")
        .def_property_readonly(
            "frame",
            [](const Finding& self) -> std::optional<std::size_t> {
                if (!self.frame) return std::nullopt;
                return *self.frame + 1;
            },
            "Number in the capture, from 1; None: one is missing.")
        .def_property_readonly(
            "is_must", [](const Finding& self) { return self.level == Level::Must; },
            "False: it is a SHOULD.")
        .def("__repr__",
             [](const Finding& self) { return fmt::format("Finding({})", self.message()); });
    py::class_<CaseResult>(module, "CaseResult", "What came of a case.", binding::made_by_module())
        .def_readonly("id", &CaseResult::id, "The case's.")
        .def_property_readonly(
            "requirements", [](const CaseResult& self) { return to_tuple(self.requirements); },
            "Ids of what was judged.")
        .def_property_readonly(
            "verdict", [](const CaseResult& self) { return std::string(to_string(self.verdict)); },
            "PASS, FAIL, HANG, CRASH, NON-STRICT, NOT-RUN, .. (docs/conformance.md)")
        .def_readonly("reason", &CaseResult::reason, "Empty for PASS.")
        .def_readonly("findings", &CaseResult::findings, "The first one decides.")
        .def_readonly("pcapng", &CaseResult::pcapng, "Path of the evidence; empty without out.")
        .def_readonly("rerun", &CaseResult::rerun, "The command that runs this case again.")
        .def("__repr__", [](const CaseResult& self) {
            return fmt::format("CaseResult({} {})", self.id, to_string(self.verdict));
        });
    py::class_<Judged>(module, "RunResult", "What came of a run.", binding::made_by_module())
        .def_property_readonly(
            "suite", [](const Judged& self) { return self.run.suite; },
            "The judge and its version.")
        .def_property_readonly(
            "iut", [](const Judged& self) { return self.run.iut; }, "The device's name.")
        .def_property_readonly(
            "seed", [](const Judged& self) { return self.run.seed; },
            "Makes the same run again, in virtual time.")
        .def_property_readonly(
            "verdict",
            [](const Judged& self) {
                return std::string(to_string(verdict_of(self.run, self.is_strict)));
            },
            "CONFORMANT, NOT-CONFORMANT or INCONCLUSIVE.")
        .def_property_readonly(
            "cases", [](const Judged& self) { return self.run.cases; },
            "One CaseResult for each selected case, in order.")
        .def(
            "to_json", [](const Judged& self) { return to_json(self.run, self.is_strict); },
            "The verdict report (docs/interfaces.md).");
    module.def("run", &run, py::kw_only(), py::arg("iut"), py::arg("selectors"), py::arg("command"),
               py::arg("seed"), py::arg("time"), py::arg("out"), py::arg("is_strict"),
               py::arg("on_case"), "shunt.judge() is its face.");
}

}  // namespace

void bind(py::module_& module) {
    bind_cases(module);
    bind_verdicts(module);
}

}  // namespace conform::python

PYBIND11_MODULE(_conform, module) {
    module.doc() = "The judge: its cases, and runs of them against a device.";
    conform::python::bind(module);
    binding::seal_classes(module);
}
