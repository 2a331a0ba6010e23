"""The web page: plain forms and links, readable without JavaScript."""
