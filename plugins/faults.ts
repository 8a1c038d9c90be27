/** A problem of a deployment and the action that solves it, each as a full sentence. */
export interface Fault {
  message: string
  nextAction: string
}

/** The error for plug-ins that cannot be enabled together. Its message has one line for each fault. */
export class FaultyPlugins extends Error {
  override readonly name = 'FaultyPlugins'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ message, nextAction }) => `${message} ${nextAction}`).join('\n'))
    this.faults = faults
  }
}
