# Run by cpack on the installed tree before it is packed.
set(root ${CPACK_TEMPORARY_DIRECTORY})
set(ENV{LC_ALL} C)

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(CPACK_GENERATOR STREQUAL "DEB")
  # As Debian's policy has it: pages compressed without a time stamp, completions of zsh in a place of
  # their own.
  file(GLOB pages ${root}/usr/share/man/man1/*.1)
  run(gzip -9nf ${pages} ${root}/usr/share/doc/vole/changelog)
  file(MAKE_DIRECTORY ${root}/usr/share/zsh/vendor-completions)
  file(RENAME ${root}/usr/share/zsh/site-functions/_vole ${root}/usr/share/zsh/vendor-completions/_vole)
  file(REMOVE_RECURSE ${root}/usr/share/zsh/site-functions)
else()
  run(bash ${CPACK_VOLE_SOURCE}/app/package/bundle.sh ${root})
endif()

# Modes do not depend on the umask of whoever packs, nor times on the clock.
run(chmod -R u+rwX,go+rX,go-w ${root})
run(find ${root} -exec touch --no-dereference --date=@$ENV{SOURCE_DATE_EPOCH} {} +)
