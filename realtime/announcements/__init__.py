"""The board, spoken: "Senha A, zero, doze. Gabinete três." as a clip that displays play after the
chime.

It is the audible form of what the sockets show, which is why it lives beside them. What is spoken
is ticket and room; a patient's name never is, whatever label they chose.
"""
