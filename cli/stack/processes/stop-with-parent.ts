/**
 * Ends this process in good order when it is asked to (SIGTERM, SIGINT), and also when the process that started it is
 * gone, which closes the channel between them: a supervisor that is killed leaves no orphan.
 */
export function stopWithParent(stop: () => Promise<unknown>): void {
  let stopping = false
  const end = () => {
    if (stopping) return
    stopping = true
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  process.once('disconnect', end)
}
