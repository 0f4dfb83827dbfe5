# SPDX-License-Identifier: Apache-2.0
"""Producers of DLPack tensors and of Arrow arrays, made by hand: they count what is released."""

import ctypes
from ctypes import (CFUNCTYPE, POINTER, PYFUNCTYPE, Structure, addressof, c_char_p, c_int, c_int32, c_int64, c_uint8,
                    c_uint16, c_uint32, c_uint64, c_void_p, cast, py_object)

_new_capsule = PYFUNCTYPE(py_object, c_void_p, c_char_p, c_void_p)(("PyCapsule_New", ctypes.pythonapi))
_name = PYFUNCTYPE(c_char_p, py_object)(("PyCapsule_GetName", ctypes.pythonapi))
# In a destructor the capsule is no object any more.
_pointer = PYFUNCTYPE(c_void_p, c_void_p, c_char_p)(("PyCapsule_GetPointer", ctypes.pythonapi))


def name_of(capsule):
    return _name(capsule).decode()


def address_of(content):
    """The address of a bytearray or of a ctypes array."""
    return addressof(ctypes.c_char.from_buffer(content)) if content else 0


# ---- DLPack --------------------------------------------------------------------------------------------------------

class DLTensor(Structure):
    _fields_ = [("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32),
                ("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)),
                ("strides", POINTER(c_int64)), ("byte_offset", c_uint64)]


class Managed(Structure):
    _fields_ = [("tensor", DLTensor), ("context", c_void_p), ("deleter", c_void_p)]


class ManagedVersioned(Structure):
    _fields_ = [("major", c_uint32), ("minor", c_uint32), ("context", c_void_p), ("deleter", c_void_p),
                ("flags", c_uint64), ("tensor", DLTensor)]


class Tensor:
    """A tensor whose `deleted` says how often its deleter was called."""

    def __init__(self, content, shape, code=2, bits=32, versioned=True, device=(1, 0), strides=None, offset=0, flags=0,
                 major=1, lanes=1):
        self.content = content
        self.device = device
        self.deleted = 0
        self.arguments = None
        self.shape = (c_int64 * len(shape))(*shape)
        self.strides = None if strides is None else (c_int64 * len(strides))(*strides)
        self.deleter = CFUNCTYPE(None, c_void_p)(self.delete)
        tensor = DLTensor(address_of(content), *device, len(shape), code, bits, lanes, self.shape, self.strides, offset)
        deleter = cast(self.deleter, c_void_p)
        self.managed = (ManagedVersioned(major, 0, None, deleter, flags, tensor) if versioned else
                        Managed(tensor, None, deleter))
        self.name = b"dltensor_versioned" if versioned else b"dltensor"
        self.renew()

    def renew(self):
        self.capsule = _new_capsule(addressof(self.managed), self.name, None)

    def delete(self, address):
        assert address == addressof(self.managed)
        self.deleted += 1

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **arguments):
        self.arguments = arguments
        return self.capsule


class OldTensor(Tensor):
    """Knows only the parameter that there was before 2023."""

    def __dlpack__(self, *, stream=None):
        return self.capsule


# ---- Arrow ---------------------------------------------------------------------------------------------------------

class Schema(Structure):
    _fields_ = [("format", c_char_p), ("name", c_char_p), ("metadata", c_char_p), ("flags", c_int64),
                ("n_children", c_int64), ("children", c_void_p), ("dictionary", c_void_p), ("release", c_void_p),
                ("private_data", c_void_p)]


class Array(Structure):
    _fields_ = [("length", c_int64), ("null_count", c_int64), ("offset", c_int64), ("n_buffers", c_int64),
                ("n_children", c_int64), ("buffers", POINTER(c_void_p)), ("children", c_void_p),
                ("dictionary", c_void_p), ("release", c_void_p), ("private_data", c_void_p)]


class Stream(Structure):
    _fields_ = [("get_schema", c_void_p), ("get_next", c_void_p), ("get_last_error", c_void_p), ("release", c_void_p),
                ("private_data", c_void_p)]


_RELEASE = CFUNCTYPE(None, c_void_p)


class Column:
    """One chunk of an Arrow column. `released` and `schemas_released` count what was released."""

    def __init__(self, format_, content, length, offset=0, nulls=(), null_count=None):
        self.content = content
        self.format = format_
        self.released = self.schemas_released = 0
        bitmap = bytearray(b"\xff" * ((offset + length + 7) // 8))
        for row in nulls:
            bitmap[(offset + row) // 8] &= ~(1 << (offset + row) % 8)
        self.bitmap = bitmap if nulls else bytearray()
        self.buffers = (c_void_p * 2)(address_of(self.bitmap) or None, address_of(content) or None)
        self.numbers = (length, len(nulls) if null_count is None else null_count, offset)
        self.release_array = _RELEASE(self._release_array)
        self.release_schema = _RELEASE(self._release_schema)

    def _release_array(self, address):
        self.released += 1
        Array.from_address(address).release = None

    def _release_schema(self, address):
        self.schemas_released += 1
        Schema.from_address(address).release = None

    def fill_array(self, array):
        array.length, array.null_count, array.offset = self.numbers
        array.n_buffers, array.n_children, array.buffers = 2, 0, self.buffers
        array.release = cast(self.release_array, c_void_p)

    def fill_schema(self, schema):
        schema.format, schema.flags = self.format, 2
        schema.release = cast(self.release_schema, c_void_p)

    def __arrow_c_array__(self, requested_schema=None):
        self.requested = requested_schema
        schema, array = Schema(), Array()
        self.fill_schema(schema)
        self.fill_array(array)
        self.structures = schema, array  # live as long as this object
        return (_new_capsule(addressof(schema), b"arrow_schema", _destroy_schema),
                _new_capsule(addressof(array), b"arrow_array", _destroy_array))


class Table(Column):
    """A struct of columns, each with its name."""

    def __init__(self, length, **columns):
        super().__init__(b"+s", bytearray(), length)
        self.columns = columns
        self.schemas = [Schema() for _ in columns]
        self.arrays = [Array() for _ in columns]
        self.schema_pointers = (c_void_p * len(columns))(*map(addressof, self.schemas))
        self.array_pointers = (c_void_p * len(columns))(*map(addressof, self.arrays))

    def fill_schema(self, schema):
        super().fill_schema(schema)
        for (name, column), child in zip(self.columns.items(), self.schemas):
            column.fill_schema(child)
            child.name = name.encode()
        schema.n_children, schema.children = len(self.columns), addressof(self.schema_pointers)

    def fill_array(self, array):
        super().fill_array(array)
        for column, child in zip(self.columns.values(), self.arrays):
            column.fill_array(child)
        array.n_buffers, array.n_children, array.children = 1, len(self.columns), addressof(self.array_pointers)


def _destroyer(kind, name):
    def destroy(capsule):
        address = _pointer(capsule, name)
        release = kind.from_address(address).release
        if release:
            _RELEASE(release)(address)

    return PYFUNCTYPE(None, c_void_p)(destroy)


_destructors = _destroyer(Schema, b"arrow_schema"), _destroyer(Array, b"arrow_array"), _destroyer(
    Stream, b"arrow_array_stream")
_destroy_schema, _destroy_array, _destroy_stream = (cast(function, c_void_p) for function in _destructors)


class Chunked:
    """A stream of columns. `released` counts how often the stream itself was released."""

    def __init__(self, *columns, fail_at=None):
        self.columns = columns
        self.fail_at = fail_at
        self.released = 0
        self.alive = self.most_alive = 0  # chunks that were handed out and not released
        self.callbacks = (CFUNCTYPE(c_int, c_void_p, c_void_p)(self._get_schema),
                          CFUNCTYPE(c_int, c_void_p, c_void_p)(self._get_next),
                          CFUNCTYPE(c_void_p, c_void_p)(self._get_last_error), _RELEASE(self._release))
        self.words = ctypes.create_string_buffer(b"the disk is gone")

    def _get_schema(self, stream, schema):
        self.columns[0].fill_schema(Schema.from_address(schema))
        return 0

    def _get_next(self, stream, array):
        if self.next == self.fail_at:
            return 5
        if self.next == len(self.columns):
            Array.from_address(array).release = None
            return 0
        self.columns[self.next].fill_array(Array.from_address(array))
        self.next += 1
        self.most_alive = max(self.most_alive, self.next - sum(column.released for column in self.columns))
        return 0

    def _get_last_error(self, stream):
        return addressof(self.words)

    def _release(self, address):
        self.released += 1
        Stream.from_address(address).release = None

    def __arrow_c_stream__(self, requested_schema=None):
        self.next = 0
        self.stream = Stream(*(cast(callback, c_void_p) for callback in self.callbacks))
        return _new_capsule(addressof(self.stream), b"arrow_array_stream", _destroy_stream)
