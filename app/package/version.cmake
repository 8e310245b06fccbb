# Writes OUTPUT, the C++ source of app/cli/version.h: VERSION, and the commit of the checkout SOURCE.
# What is the same already is left as it is, so that nothing is compiled again.
set(commit unknown)
if(EXISTS ${SOURCE}/.git)  # else git would speak of whatever checkout lies around an unpacked tar file
  find_program(GIT_PROGRAM git)
  if(GIT_PROGRAM)
    execute_process(COMMAND ${GIT_PROGRAM} -C ${SOURCE} rev-parse --short=12 HEAD
                    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
    if(NOT failed)
      set(commit ${found})
      execute_process(COMMAND ${GIT_PROGRAM} -C ${SOURCE} diff --quiet HEAD
                      RESULT_VARIABLE changed OUTPUT_QUIET ERROR_QUIET)
      if(changed)
        string(APPEND commit "+")
      endif()
    endif()
  endif()
endif()
set(text "#include \"app/cli/version.h\"\n\nnamespace app {\n\n")
string(APPEND text "const char* Version() { return \"${VERSION}\"; }\n")
string(APPEND text "const char* Commit() { return \"${commit}\"; }\n\n}  // namespace app\n")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "${text}" @ONLY)
