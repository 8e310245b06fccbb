#include "app/gl/shader.h"

#include "app/gl/shader_sources.h"
#include "datasets/base/error.h"

namespace app {
namespace {

GLuint Compile(GLenum kind, const char* file) {
  const char* source = ShaderSource(file);
  VOLE_CHECK(source != nullptr);
  const GLuint shader = glCreateShader(kind);
  glShaderSource(shader, 1, &source, nullptr);
  glCompileShader(shader);
  GLint good = 0;
  glGetShaderiv(shader, GL_COMPILE_STATUS, &good);
  if (!good) {
    char log[2048] = "";
    glGetShaderInfoLog(shader, sizeof log, nullptr, log);
    glDeleteShader(shader);
    throw datasets::Error(std::string("shader ") + file, log, "update the graphics driver");
  }
  return shader;
}

}  // namespace

Shader::Shader(const char* vertex_file, const char* fragment_file) {
  const GLuint vertex = Compile(GL_VERTEX_SHADER, vertex_file);
  const GLuint fragment = Compile(GL_FRAGMENT_SHADER, fragment_file);
  program_ = glCreateProgram();
  glAttachShader(program_, vertex);
  glAttachShader(program_, fragment);
  glLinkProgram(program_);
  glDeleteShader(vertex);
  glDeleteShader(fragment);
  GLint good = 0;
  glGetProgramiv(program_, GL_LINK_STATUS, &good);
  if (!good) {
    char log[2048] = "";
    glGetProgramInfoLog(program_, sizeof log, nullptr, log);
    throw datasets::Error(std::string("shaders ") + vertex_file + " + " + fragment_file, log,
                          "update the graphics driver");
  }
}

Shader::~Shader() { glDeleteProgram(program_); }

void Shader::Use() const { glUseProgram(program_); }

GLint Shader::Location(const char* name) {
  auto [it, fresh] = locations_.try_emplace(name, -1);
  if (fresh) it->second = glGetUniformLocation(program_, name);
  return it->second;
}

void Shader::Set(const char* name, float value) { glUniform1f(Location(name), value); }
void Shader::Set(const char* name, float x, float y) { glUniform2f(Location(name), x, y); }
void Shader::Set(const char* name, float x, float y, float z, float w) {
  glUniform4f(Location(name), x, y, z, w);
}
void Shader::SetInt(const char* name, int value) { glUniform1i(Location(name), value); }

}  // namespace app
