/**
 * Waits until the event loop has done what was due: timers, aborts, and in a browser the page. By a message to itself, because browsers
 * hold timers back by milliseconds, and those of a tab that nobody looks at by a second.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
