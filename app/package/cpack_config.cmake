# Read by cpack for each kind of package before it packs.
# The time stamp of everything packed: that of the commit, so that a package says when its sources
# were made, not when somebody packed them.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND git -C ${CPACK_VOLE_SOURCE} log -1 --format=%ct
                  OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
  if(failed OR NOT EXISTS ${CPACK_VOLE_SOURCE}/.git)  # from a tar file: when the changelog was written
    execute_process(COMMAND dpkg-parsechangelog -l${CPACK_VOLE_SOURCE}/app/package/changelog -STimestamp
                    OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  endif()
  set(ENV{SOURCE_DATE_EPOCH} ${epoch})
endif()
if(CPACK_GENERATOR STREQUAL "DEB")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_OUTPUT_FILE_PREFIX ${CPACK_PACKAGE_DIRECTORY})
else()
  set(CPACK_PACKAGE_FILE_NAME vole-${CPACK_PACKAGE_VERSION}-linux-x86_64)
endif()
