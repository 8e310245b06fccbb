// A linked shader program with its uniforms by name. Needs the GL context of the calling thread.
#pragma once

#include <map>
#include <string>

#include "app/gl/gl.h"

namespace app {

class Shader {
 public:
  // File names in shaders/. Throws datasets::Error with the driver's message when it won't build.
  Shader(const char* vertex_file, const char* fragment_file);
  ~Shader();
  Shader(const Shader&) = delete;
  Shader& operator=(const Shader&) = delete;

  void Use() const;
  void Set(const char* name, float value);
  void Set(const char* name, float x, float y);
  void Set(const char* name, float x, float y, float z, float w);
  void SetInt(const char* name, int value);

 private:
  GLint Location(const char* name);
  GLuint program_ = 0;
  std::map<std::string, GLint> locations_;
};

}  // namespace app
