// The entry of one libFuzzer program; TRAINYARD_FUZZ_NAME names its target.
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "targets.hpp"

#define TRAINYARD_FUZZ_TEXT_OF(x) #x
#define TRAINYARD_FUZZ_TEXT(x) TRAINYARD_FUZZ_TEXT_OF(x)
#define TRAINYARD_FUZZ_JOIN_OF(a, b) a##b
#define TRAINYARD_FUZZ_JOIN(a, b) TRAINYARD_FUZZ_JOIN_OF(a, b)

extern "C" {

int LLVMFuzzerInitialize(int* count, char*** arguments);
int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

// `--generate DIR` writes the generated inputs and exits.
int LLVMFuzzerInitialize(int* count, char*** arguments) {
    if (*count != 3 || std::string_view((*arguments)[1]) != "--generate") return 0;
    std::size_t number = 0;
    for (const std::string& each :
         trainyard::fuzz::generated_inputs(TRAINYARD_FUZZ_TEXT(TRAINYARD_FUZZ_NAME)))
        std::ofstream((*arguments)[2] + std::string("/generated-") + std::to_string(number++),
                      std::ios::binary)
            << each;
    std::exit(0);
}

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    trainyard::fuzz::TRAINYARD_FUZZ_JOIN(run_,
                                         TRAINYARD_FUZZ_NAME)({reinterpret_cast<const char*>(bytes), size});
    return 0;
}

}  // extern "C"
