"""Kinds, states and reasons of files: what others may speak of, apart from the tables."""

from enum import StrEnum


class Kind(StrEnum):
    PHOTO = "photo"
    PDF = "pdf"
    DICOM = "dicom"
    ECG = "ecg"
    OTHER = "other"  # until it has been looked at


class Status(StrEnum):
    UPLOADING = "uploading"
    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"


MOVES = {
    Status.UPLOADING: {Status.CHECKING},
    Status.CHECKING: {Status.READY, Status.REFUSED},
    Status.READY: {Status.CHECKING},  # when whom it should speak of has changed
    Status.REFUSED: set(),
}


class Reason(StrEnum):
    """Why a file is not taken."""

    UNKNOWN_TYPE = "unknown_type"
    DISGUISED = "disguised"
    HEIC = "heic"
    DAMAGED = "damaged"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    ENTITIES = "entities"
    TOO_LARGE_INSIDE = "too_large_inside"
    TOO_DEEP = "too_deep"
    TOO_LONG = "too_long"
    NO_PICTURE = "no_picture"
    NO_SCALE = "no_scale"
    UNSUPPORTED_CODEC = "unsupported_codec"


SENTENCES = {
    Reason.UNKNOWN_TYPE: "认不出这种文件。可以上传照片、PDF、DICOM 影像和心电图文件",
    Reason.DISGUISED: "文件里藏有程序或网页代码，没有接收。请从设备上重新导出",
    Reason.HEIC: "这是 HEIC 格式的照片，请在手机相机设置里选“兼容性最佳”，或转成 JPEG 后再传",
    Reason.DAMAGED: "文件损坏或不完整，没有接收。请从设备上重新导出",
    Reason.EMPTY: "文件是空的，没有接收",
    Reason.ENCRYPTED: "文件设有密码，请去掉密码后再传",
    Reason.ENTITIES: "文件里引用了外部内容，没有接收。请从设备上重新导出",
    Reason.TOO_LARGE_INSIDE: "文件展开后过大，没有接收。请分成几份再传",
    Reason.TOO_DEEP: "文件内部嵌套过深，没有接收。请从设备上重新导出",
    Reason.TOO_LONG: "文件在规定时间内没有读完，没有接收。请从设备上重新导出或分成几份",
    Reason.NO_PICTURE: "文件里没有可以显示的图像或波形。压缩包里的照片、PDF 和心电图文件请解压后直接上传",
    Reason.NO_SCALE: "心电图文件没有注明幅度单位，无法按标准走纸显示。请换一种格式导出",
    Reason.UNSUPPORTED_CODEC: "影像的压缩方式暂不支持，请用未压缩或普通 JPEG 方式重新导出",
}
