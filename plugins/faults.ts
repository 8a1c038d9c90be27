/** What is wrong with a deployment, and what to do about it: two whole sentences. */
export interface Fault {
  message: string
  nextAction: string
}

/** The enabled plug-ins do not fit together. Its message has one line for everything that is wrong. */
export class FaultyPlugins extends Error {
  override readonly name = 'FaultyPlugins'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ message, nextAction }) => `${message} ${nextAction}`).join('\n'))
    this.faults = faults
  }
}
