# An overlay port, of the sources that it lies in:
#     vcpkg install libgan --overlay-ports=packaging/vcpkg
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

set(options -Dtests=disabled -Dexamples=disabled -Dmpi=disabled)
foreach(feature IN ITEMS png jpeg)
    if(feature IN_LIST FEATURES)
        list(APPEND options -D${feature}=enabled)
    else()
        list(APPEND options -D${feature}=disabled)
    endif()
endforeach()
vcpkg_configure_meson(SOURCE_PATH "${SOURCE_PATH}" OPTIONS ${options})
vcpkg_install_meson()
vcpkg_copy_pdbs()
vcpkg_fixup_pkgconfig()

# In place of Meson's, which knows neither debug libraries nor where vcpkg's others are.
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib/cmake" "${CURRENT_PACKAGES_DIR}/debug/lib/cmake"
    "${CURRENT_PACKAGES_DIR}/debug/include")
set(dependencies "find_dependency(Threads)\nfind_dependency(ZLIB)\n")
set(libraries "Threads::Threads;ZLIB::ZLIB;m;\${CMAKE_DL_LIBS}")
if("jpeg" IN_LIST FEATURES)
    string(APPEND dependencies "find_dependency(JPEG)\n")
    string(PREPEND libraries "JPEG::JPEG;")
endif()
if("png" IN_LIST FEATURES)
    string(APPEND dependencies "find_dependency(PNG)\n")
    string(PREPEND libraries "PNG::PNG;")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/libganConfig.cmake.in"
    "${CURRENT_PACKAGES_DIR}/share/${PORT}/libganConfig.cmake" @ONLY)
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
