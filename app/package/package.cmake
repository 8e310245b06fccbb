# `cpack -G DEB` (in the build folder): a package for the Debian that it was built on.
# `cpack -G TGZ`: a tree with all its libraries, for people without root. Both are packed from what
# `cmake --install` installs; one build gives the same bytes each time.
set(CPACK_PACKAGE_NAME vole)
set(CPACK_PACKAGE_VENDOR "Vole maintainers")
set(CPACK_PACKAGE_CONTACT "Vole maintainers <maintainers@users.noreply.b-seed-1907d81e.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "label, segment and name animals on video")
set(CPACK_PACKAGE_DESCRIPTION
"A workbench for people who study animal behavior on video. Outline and name
each animal on some frames, train, and get every frame of every video
segmented, named and scored; then correct only the frames that are probably
wrong, and train again. Everything runs on an ordinary computer: no graphics
card, no download of weights, no account.
.
The command is vole; vole open starts the window.")
set(CPACK_STRIP_FILES ON)
set(CPACK_SOURCE_GENERATOR "")
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_SOURCE_DIR}/app/package/cpack_config.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/app/package/finish_tree.cmake)
set(CPACK_VOLE_SOURCE ${CMAKE_SOURCE_DIR})

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# With the reference BLAS, which would do, the networks are several times slower.
set(CPACK_DEBIAN_PACKAGE_DEPENDS libopenblas0-pthread)
if(TARGET vole-workbench)
  string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", fonts-dejavu-core")
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, libgl1-mesa-dri")
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS fonts-noto-cjk)
endif()
include(CPack)
