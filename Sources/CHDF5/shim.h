// HDF5's constants are macros over mutable globals, which Swift does not import; each is a function here.
#pragma once

#include <hdf5.h>

static inline hid_t chdf5_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t chdf5_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t chdf5_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t chdf5_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t chdf5_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t chdf5_uint32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t chdf5_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }
static inline hid_t chdf5_object_reference(void) { return H5T_STD_REF_OBJ; }
static inline hid_t chdf5_creation_of_datasets(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_access_of_files(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_creation_of_links(void) { return H5P_LINK_CREATE; }
static inline hid_t chdf5_default(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_all(void) { return H5S_ALL; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }
static inline size_t chdf5_variable(void) { return H5T_VARIABLE; }
static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_new_file(void) { return H5F_ACC_EXCL; }
static inline void chdf5_be_quiet(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }
