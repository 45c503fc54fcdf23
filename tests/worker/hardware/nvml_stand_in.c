/* A stand-in for libnvidia-ml.so.1 with one card: the functions that QUBIX asks, with the signatures
 * of the NVML API reference (docs.nvidia.com/deploy/nvml-api). It lets pynvml itself be tested. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int gpu, memory; } utilization_t;
typedef struct {
    char bus_id_legacy[16];
    unsigned int domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
} pci_t;

static int answer(void) {
    if (getenv("STAND_IN_HANGS")) sleep(600);
    const char *error = getenv("STAND_IN_ERROR");
    return error ? atoi(error) : 0;
}

int nvmlInitWithFlags(unsigned int flags) { (void)flags; return answer(); }
int nvmlInit_v2(void) { return answer(); }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int error) { (void)error; return "an error"; }

int nvmlSystemGetDriverVersion(char *version, unsigned int length) {
    snprintf(version, length, "550.54.14");
    return 0;
}
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) {
    *device = (void *)1;
    return index ? 2 : 0;
}
int nvmlDeviceGetName(void *device, char *name, unsigned int length) {
    (void)device;
    snprintf(name, length, "NVIDIA GeForce RTX 3090");
    return 0;
}
int nvmlDeviceGetUUID(void *device, char *uuid, unsigned int length) {
    (void)device;
    snprintf(uuid, length, "GPU-11111111-2222-3333-4444-555555555555");
    return 0;
}
int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
    (void)device;
    memory->total = 25769803776ULL;
    memory->used = 1293942784ULL;
    memory->free = memory->total - memory->used;
    return 0;
}
int nvmlDeviceGetPciInfo_v3(void *device, pci_t *pci) {
    (void)device;
    memset(pci, 0, sizeof *pci);
    strcpy(pci->bus_id_legacy, "0000:01:00.0");
    strcpy(pci->bus_id, "00000000:01:00.0");
    return 0;
}
int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) {
    (void)device;
    *major = 8;
    *minor = 6;
    return 0;
}
int nvmlDeviceGetMigMode(void *device, unsigned int *now, unsigned int *then) {
    (void)device; (void)now; (void)then;
    return 3; /* NVML_ERROR_NOT_SUPPORTED */
}
int nvmlDeviceGetUtilizationRates(void *device, utilization_t *use) {
    (void)device;
    use->gpu = 37;
    use->memory = 9;
    return 0;
}
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned int *celsius) {
    (void)device; (void)sensor;
    *celsius = 61;
    return 0;
}
int nvmlDeviceGetPowerUsage(void *device, unsigned int *milliwatts) {
    (void)device;
    *milliwatts = 128540;
    return 0;
}
