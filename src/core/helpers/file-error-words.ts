/** What the system's error code of a file means and what can be done, as the end of a sentence: "Could not write PATH: …". */
export function fileErrorWords(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException | null | undefined)?.code;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full; free space, and try again';
    case 'EACCES':
    case 'EPERM':
      return 'there is no permission; check its owner and mode, or choose another place';
    case 'EROFS':
      return 'it is where files can only be read; choose another place';
    case 'ENOENT':
      return 'it, or its folder, does not exist; check the path';
    case 'ENOTDIR':
      return 'a part of the path is a file and no folder; check the path';
    case 'EISDIR':
      return 'it is a folder; name a file';
    case 'EEXIST':
      return 'something else has that name; choose another';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open; close some, or raise the limit';
    default:
      return `the system says ${code ?? 'no more'}; check the path and the device, and try again`;
  }
}
