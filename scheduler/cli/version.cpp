#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/base/json.hpp"
#include "scheduler/cli/commands.hpp"

namespace trainyard::cli {

void add_version(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("version", "Print the version");
    auto json = std::make_shared<bool>(false);
    cmd->add_flag("--json", *json, "One JSON object");
    cmd->callback([&run, json] {
        run = [json] {
            if (*json) {
                json::writer w;
                w.begin_object()
                    .member("version", TRAINYARD_VERSION)
                    .member("compiler", __VERSION__)
                    .end_object();
                std::cout << w.text() << std::endl;
            } else {
                std::cout << "trainyard " << TRAINYARD_VERSION << std::endl;
            }
            return exit_code::done;
        };
    });
}

}  // namespace trainyard::cli
