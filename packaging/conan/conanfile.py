"""Conan 2: conan create packaging/conan, from a copy of the sources."""
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import copy, load, rmdir
from conan.tools.gnu import PkgConfigDeps
from conan.tools.layout import basic_layout
from conan.tools.meson import Meson, MesonToolchain

SOURCES = ["include/*", "lib/*", "pkgconfig/*", "amalgamation/*", "meson.build", "meson_options.txt", "LICENSE"]


class LibganConan(ConanFile):
    name = "libgan"
    license = "MIT"
    description = "Generative adversarial networks as an embeddable C library"
    topics = ("gan", "machine-learning", "neural-networks")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "png": [True, False], "jpeg": [True, False]}
    default_options = {"shared": False, "fPIC": True, "png": True, "jpeg": False}
    implements = ["auto_shared_fpic"]
    languages = "C"

    @property
    def root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self.root, "include", "libgan.h"))
        self.version = ".".join(re.findall(r"#define GAN_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))

    def export(self):
        copy(self, "libgan.h", os.path.join(self.root, "include"), os.path.join(self.export_folder, "include"))

    def export_sources(self):
        for pattern in SOURCES:
            copy(self, pattern, self.root, self.export_sources_folder)

    def layout(self):
        basic_layout(self)

    def requirements(self):
        self.requires("zlib/[>=1.2.11 <2]")
        if self.options.png:
            self.requires("libpng/[>=1.6 <2]")
        if self.options.jpeg:
            self.requires("libjpeg-turbo/[>=2.1 <4]")

    def build_requirements(self):
        self.tool_requires("meson/[>=1.0 <2]")
        self.tool_requires("pkgconf/[>=1.8 <3]")

    def validate(self):
        if self.settings.os == "Windows":
            raise ConanInvalidConfiguration("libgan runs on POSIX systems")

    def generate(self):
        toolchain = MesonToolchain(self)
        for name in ("png", "jpeg"):
            toolchain.project_options[name] = "enabled" if self.options.get_safe(name) else "disabled"
        for name in ("tests", "examples", "mpi"):
            toolchain.project_options[name] = "disabled"
        toolchain.generate()
        PkgConfigDeps(self).generate()

    def build(self):
        meson = Meson(self)
        meson.configure()
        meson.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        Meson(self).install()
        # Conan writes these for its users.
        rmdir(self, os.path.join(self.package_folder, "lib", "pkgconfig"))
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))

    def package_info(self):
        self.cpp_info.libs = ["gan"]
        self.cpp_info.set_property("cmake_file_name", "libgan")
        self.cpp_info.set_property("cmake_target_name", "libgan::gan")
        self.cpp_info.set_property("pkg_config_name", "libgan")
        self.cpp_info.system_libs = ["m", "pthread"]
        if self.settings.os == "Linux":
            self.cpp_info.system_libs.append("dl")
