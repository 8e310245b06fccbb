# `cmake --install build [--prefix PREFIX]`, also with DESTDIR: the tree of the FHS beneath one prefix,
# which may be moved as a whole. `vole` finds its other programs in ../libexec/vole.
install(TARGETS vole DESTINATION bin)
install(TARGETS vole-learn DESTINATION libexec/vole)

# Man pages and completions are what `vole manual` says of the table of verbs.
set(manual ${CMAKE_BINARY_DIR}/manual)
add_custom_command(OUTPUT ${manual}/man/man1/vole.1
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}
    COMMAND vole-learn manual ${manual} --quiet
    DEPENDS vole-learn VERBATIM COMMENT "Writing man pages and completions")
set(with_all ALL)
if(VOLE_SANITIZE)  # whose programs are slow, and end badly for what a build does not care about
  set(with_all "")
endif()
add_custom_target(vole_manual ${with_all} DEPENDS ${manual}/man/man1/vole.1)
install(DIRECTORY ${manual}/ DESTINATION share)

# The changelog knows when this version was made, and is not forgotten when the version goes up.
file(STRINGS app/package/changelog changelog)
list(GET changelog 0 newest)
if(NOT newest MATCHES "^vole \\(${PROJECT_VERSION}\\) ")
  message(FATAL_ERROR "app/package/changelog begins with '${newest}': say there what ${PROJECT_VERSION} brings")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/app/package/changelog)
string(REGEX MATCH " -- [^>]*>  [A-Z][a-z][a-z], +([0-9]+) ([A-Z][a-z][a-z]) ([0-9]+)" found "${changelog}")
set(day ${CMAKE_MATCH_1})
set(month ${CMAKE_MATCH_2})
set(year ${CMAKE_MATCH_3})
set(months Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)
list(FIND months "${month}" month)
math(EXPR month "${month} + 1")
if(day LESS 10)
  set(day 0${day})
endif()
if(month LESS 10)
  set(month 0${month})
endif()
set(VOLE_RELEASE_DATE ${year}-${month}-${day})

# With the pictures that it shows and the figures that it names.
install(FILES README.md app/package/changelog app/package/copyright DESTINATION share/doc/vole)
install(DIRECTORY tests/screens DESTINATION share/doc/vole/tests)
install(FILES tests/bench/FIGURES.md DESTINATION share/doc/vole/tests/bench)

# A double click on a project opens the workbench.
if(TARGET vole-workbench)
  install(TARGETS vole-workbench DESTINATION libexec/vole)
  configure_file(app/desktop/local.vole.Vole.metainfo.xml.in ${CMAKE_BINARY_DIR}/local.vole.Vole.metainfo.xml @ONLY)
  install(FILES app/desktop/vole.desktop DESTINATION share/applications)
  install(FILES app/desktop/vole.xml DESTINATION share/mime/packages)
  install(FILES ${CMAKE_BINARY_DIR}/local.vole.Vole.metainfo.xml DESTINATION share/metainfo)
  install(FILES app/desktop/vole.svg DESTINATION share/icons/hicolor/scalable/apps)
  install(FILES app/desktop/vole-project.svg DESTINATION share/icons/hicolor/scalable/mimetypes
          RENAME application-x-vole-project.svg)
endif()

include(app/package/package.cmake)
