/** Lines at the bottom of a terminal that are drawn over, above which finished lines scroll away. */
export interface LiveLines {
  draw(text: string): void;
  /** Writes lines that stay, above the live ones. */
  keep(text: string): void;
  /** Removes the live lines and gives the cursor back. */
  end(): void;
}

/** Live lines on a terminal, by `log-update`. */
export async function createLiveLines(stream: NodeJS.WritableStream): Promise<LiveLines> {
  const { createLogUpdate } = await import('log-update');
  // The cursor is hidden on the real terminal only; hiding it is global to the process.
  const log = createLogUpdate(stream, { showCursor: stream !== process.stderr });
  return {
    draw: (text) => log(text),
    keep: (text) => log.persist(text),
    end: () => {
      log.clear();
      log.done();
    },
  };
}
