// Its child processes start from files beside it, so the package stays outside the bundle.
export default { serverExternalPackages: ['traineragent'] };
