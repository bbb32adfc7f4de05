/** How the Server agent's question is weighed: a standard operating procedure, in its system prompt. */
export const serverKnowledge = `# Procedures of the Server agent

## server.deployment
1. Inside the application where one prediction takes less than a call over HTTP would, about 5 ms.
2. As a service of its own where a prediction would block the application's event loop, or where several applications need it.`;
