// Sends the form that signs this browser in at another host of the brand. Coming back to it with Back leads on the same way.
export default (form) => form.submit();
